"""Front ends: `-device MODEL`, `-net nic` and the front half of `-nic`.

Source: QEMU's net/net.c (qemu_macaddr_default_if_unset, net_param_nic).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.model.names import did_you_mean
from vnetmgr.model.qemu.models import NIC_MODELS
from vnetmgr.model.values import PciAddress
from vnetmgr.qemu_args.properties import (
    ASSIGNED,
    DRIVERS,
    LEGACY_NIC,
    MODELS,
    NIC_KEYS,
    NOT_IN_LIBVIRT,
    NOT_PCI,
    ONBOARD_KEYS,
    TRANSPORTS,
    rules_of,
)
from vnetmgr.qemu_args.rules import Draft

if TYPE_CHECKING:
    from vnetmgr.qemu_args.options import Argument

SHARED_MAC = "52:54:00:12:34:56"
"""What QEMU gives to the first nic of every guest whose command line says no MAC."""


def is_nic(driver: str, argument: Argument) -> bool:
    """Whether a `-device` is a network card, a known one or one that only looks like it."""
    keys = {key for key, _ in argument.pairs}
    return driver in DRIVERS or driver in NOT_IN_LIBVIRT or bool(NIC_KEYS & keys)


def is_assigned(driver: str) -> bool:
    """Whether a `-device` hands a device of the host to the guest."""
    return driver in ASSIGNED


def read_device(argument: Argument) -> Draft:
    """Read `-device MODEL,...`."""
    draft = Draft(argument, argument.label)
    driver = argument.first("driver") or ""
    if not _set_model(draft, driver, kind="driver"):
        draft.taken.update(pair for pair in argument.pairs if pair[0] == "netdev")
        return draft
    model = str(draft.fields["model"])
    draft.apply(argument.pairs, rules_of(driver, model))
    draft.id = draft.taken.get("id")
    if "vlan" in draft.taken:
        draft.hub = int(draft.taken["vlan"])
    if driver in TRANSPORTS:
        draft.note(f"{driver}: {TRANSPORTS[driver]}; libvirt chooses that by the machine")
    _virtio(draft)
    _place(draft)
    return draft


def read_legacy_nic(argument: Argument) -> Draft:
    """Read `-net nic,...`."""
    draft = Draft(argument, argument.label)
    pairs = argument.pairs
    if argument.first("mac") and not argument.first("macaddr"):
        draft.note("mac=: read as macaddr=, which is its name here")
        pairs = tuple(("macaddr" if key == "mac" else key, value) for key, value in pairs)
    draft.apply(pairs, LEGACY_NIC)
    draft.id = draft.taken.get("id") or draft.taken.get("name")
    if "id" in draft.taken and "name" in draft.taken:
        draft.note(f"name={draft.taken['name']}: id={draft.id} names it")
    if "netdev" not in draft.taken:
        draft.hub = int(draft.taken.get("vlan", "0"))
    if "model" in draft.taken:
        _set_model(draft, draft.taken["model"], kind="model")
    _place(draft)
    return draft


def read_onboard(argument: Argument, pairs: tuple[tuple[str, str], ...]) -> Draft:
    """Read the front half of `-nic TYPE,...`."""
    draft = Draft(argument, argument.label)
    if any(key == "macaddr" for key, _ in pairs):
        draft.note("macaddr=: read as mac=, which is its name here")
    draft.apply(pairs, ONBOARD_KEYS)
    draft.id = argument.first("id")
    if "model" in draft.taken:
        _set_model(draft, draft.taken["model"], kind="model")
    return draft


def _set_model(draft: Draft, typed: str, *, kind: str) -> bool:
    model = MODELS.get(typed, typed)
    if typed in ("help", "?"):
        draft.problem(f"{kind}={typed} asks for the list of models: see {Command('list-models')}")
    elif typed in NOT_IN_LIBVIRT:
        draft.problem(f"{kind}={typed}: {NOT_IN_LIBVIRT[typed]}")
    elif model not in NIC_MODELS:
        near = did_you_mean(typed, NIC_MODELS)
        draft.problem(
            f"{kind}={typed}: not a model that is known; see {Command('list-models')}.{near}"
        )
    else:
        draft.fields["model"] = model
        return True
    return False


def _virtio(draft: Draft) -> None:
    taken = draft.taken
    if taken.get("failover") == "on":
        draft.extra["teaming.type"] = "persistent"
    legacy, modern = taken.get("disable-legacy"), taken.get("disable-modern", "off")
    if modern == "on" and legacy == "on":
        draft.problem("disable-legacy=on,disable-modern=on: neither kind of virtio is left")
    elif modern == "on":
        draft.note(
            "disable-modern=on: libvirt has no virtio of the old kind alone; nearest: model "
            "virtio-transitional"
        )
        legacy = "off"
    if legacy in ("on", "true"):
        draft.fields["model"] = "virtio-non-transitional"
    elif legacy in ("off", "false"):
        draft.fields["model"] = "virtio-transitional"
    elif legacy not in (None, "auto"):
        draft.problem(f"disable-legacy={legacy}: not on, off or auto")


# "%x.%x" of QEMU's set_pci_devfn takes 0x in both halves, and zeros before.
_SLOT = re.compile(
    r"\s*(?:(?:0x)?0{1,4}:)?(?:(?:0x)?0{1,2}:)?(?:0x)?0*([0-9a-f]{1,2})(?:\.(?:0x)?0*([0-7]))?"
)


def _place(draft: Draft) -> None:
    """bus=, addr=, bootindex=, romfile=: where the device sits and what it starts from."""
    taken = draft.taken
    bus, addr = taken.get("bus"), taken.get("addr")
    if bus is not None and (bus not in ("pci.0", "pcie.0", "pci") or addr is None):
        draft.note(
            f"bus={bus}: libvirt numbers buses itself and chooses the place; nearest: "
            "--pci-address with the number that the bus has in the domain's XML"
        )
        if addr is not None:
            draft.note(f"addr={addr}: on bus {bus}, whose number in libvirt is not known here")
    elif addr is not None and draft.fields.get("model") in NOT_PCI:
        draft.problem(f"addr={addr}: {draft.fields['model']} is no PCI device")
    elif addr is not None and addr != "-1":
        found = _SLOT.fullmatch(addr.lower())
        if not found or int(found.group(1), 16) > 0x1F:
            draft.problem(f"addr={addr}: not a slot (00 to 1f) and function, like 08 or 08.0")
        else:
            slot, function = int(found.group(1), 16), int(found.group(2) or 0)
            draft.fields["pci_address"] = PciAddress(0, 0, slot, function)
    order = taken.get("bootindex", "-1")
    if order != "-1":
        if order == "0":
            draft.note("bootindex=0: libvirt counts from 1, so it is 1")
        draft.fields["boot_order"] = max(1, int(order))
    rom = taken.get("romfile")
    if rom:
        draft.extra["rom.file"] = rom
    elif rom is not None:
        draft.note("romfile=: no boot ROM; nearest: --extra rom.bar=off")
