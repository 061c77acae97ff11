"""The table of models against the QEMU that is installed here."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from vnetmgr.model.qemu.models import DEFAULT_MODEL, NIC_MODELS, Grade, Slot
from vnetmgr.model.qemu.notes import MODEL_NOTES
from vnetmgr.qemu_args.write_tables import QEMU_DEVICES

QEMU = "qemu-system-x86_64"
needs_qemu = pytest.mark.skipif(shutil.which(QEMU) is None, reason=f"no {QEMU} here")

# QEMU's network devices that are no model here, and why.
EXCLUDED = {
    "virtio-net-device": "what virtio-net-pci is made of; libvirt calls both virtio",
    "pvrdma": "an RDMA card, which needs a nic beside it; libvirt has no element for it",
    "rocker": "a switch for developers; libvirt has no element for it",
    "vhost-vdpa-device-pci": "any vDPA device, not a nic",
}
OF_OTHER_MACHINES = {"spapr-vlan", "lan9118", "smc91c111", "sungem", "sunhme"}
X86 = {"pc", "q35"}


def qemu(*arguments: str, commands: str = "") -> str:
    """What QEMU says."""
    done = subprocess.run(
        [QEMU, *arguments], input=commands, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


def installed_devices() -> dict[str, str]:
    """QEMU's network devices, each with its bus."""
    listed = qemu("-device", "help").partition("Network devices:\n")[2].partition("\n\n")[0]
    found = dict(re.findall(r'name "([^"]+)", bus ([\w-]+)', listed))
    assert len(found) > 10
    return found


def version() -> tuple[int, ...]:
    found = re.search(r"version (\d+)\.(\d+)", qemu("--version"))
    assert found
    return tuple(map(int, found.groups()))


def newer(since: str) -> bool:
    """Whether a model is of a later QEMU than the one here."""
    return bool(since) and tuple(map(int, since.split("."))) > version()


def device_of(model: str) -> str:
    return QEMU_DEVICES.get(model, model)


@needs_qemu
def test_every_model_is_a_device_of_qemu_or_of_another_machine() -> None:
    missing = {
        name
        for name, model in NIC_MODELS.items()
        if device_of(name) not in installed_devices() and not newer(model.qemu)
    }
    assert missing <= OF_OTHER_MACHINES


@needs_qemu
def test_every_device_of_qemu_is_a_model_or_excluded_with_a_reason() -> None:
    known = {device_of(name) for name in NIC_MODELS}
    assert set(installed_devices()) - known <= set(EXCLUDED)
    assert not known & set(EXCLUDED)


@needs_qemu
def test_slots_are_what_qemu_says_of_the_bus() -> None:
    for device, bus in installed_devices().items():
        for name in NIC_MODELS:
            if device_of(name) == device:
                assert (NIC_MODELS[name].slot is Slot.NONE) == (bus != "PCI"), name


@needs_qemu
def test_pci_ids_are_what_qemu_shows_the_guest() -> None:
    names = [
        name
        for name, model in NIC_MODELS.items()
        if model.pci_id and not newer(model.qemu) and X86 & set(model.machines)
    ]
    devices = [
        word
        for number, name in enumerate(names)
        for word in ("-device", f"{device_of(name)},addr={number + 3:02x},romfile=")
    ]
    assert len(names) < 29  # the slots of one machine
    printed = qemu(
        *("-machine", "pc,accel=tcg", "-m", "32", "-S", "-nodefaults", "-display", "none"),
        *("-nic", "none", "-monitor", "stdio", *devices),
        commands="info pci\nquit\n",
    )
    ids = dict(re.findall(r"device +(\d+), function 0:\s+Ethernet.*?PCI device (\w+:\w+)", printed))
    shown = {name: ids[str(number + 3)] for number, name in enumerate(names)}
    expected = {name: NIC_MODELS[name].pci_id for name in names}
    # The specification's rule: transitional, with the draft's id, in a conventional slot.
    assert shown == expected | {"virtio": "1af4:1000"}


def test_models_of_other_machines_say_so() -> None:
    elsewhere = {name for name, model in NIC_MODELS.items() if not X86 & set(model.machines)}
    assert elsewhere == OF_OTHER_MACHINES


def test_every_model_is_explained_with_its_source() -> None:
    assert list(MODEL_NOTES) != []
    assert set(MODEL_NOTES) == set(NIC_MODELS)
    for summary, source in MODEL_NOTES.values():
        assert summary
        assert source


def test_there_is_one_default_and_a_recommended_one_for_guests_without_its_driver() -> None:
    by_grade = {
        grade: [name for name, model in NIC_MODELS.items() if model.grade is grade]
        for grade in Grade
    }
    assert by_grade[Grade.DEFAULT] == [DEFAULT_MODEL]
    assert by_grade[Grade.RECOMMENDED] == ["e1000e"]
    assert {"rtl8139", "ne2k_pci", "e1000", "pcnet"} <= set(by_grade[Grade.LEGACY])


def test_a_pci_model_has_an_id_and_every_model_a_driver() -> None:
    for name, model in NIC_MODELS.items():
        assert (model.pci_id is not None) == (model.slot is not Slot.NONE), name
        assert model.driver, name
        assert model.machines, name
