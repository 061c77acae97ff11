"""Where a nic can be plugged in: free PCI slots, by libvirt's own rules.

Source: libvirt's src/conf/domain_addr.c, virDomainPCIAddressBusSetModel: which buses take
which devices, which are hot-pluggable, and their first and last slot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import RefusedError
from vnetmgr.libvirt_xml.domain_read import read_pci_topology
from vnetmgr.libvirt_xml.domain_write import add_controllers
from vnetmgr.model.plan import (
    Action,
    Change,
    Disruption,
    FieldChange,
    ObjectKind,
    Op,
    Step,
)
from vnetmgr.model.qemu.models import NIC_MODELS, Slot
from vnetmgr.model.record import Row, replace
from vnetmgr.model.state import State
from vnetmgr.model.values import PciAddress
from vnetmgr.model.writes import DefineDomain
from vnetmgr.planner.context import BOTH
from vnetmgr.planner.result import Planned
from vnetmgr.problem import Worded, in_spec

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from vnetmgr.model.desired import SlotsWant
    from vnetmgr.model.domain import PciTopology, SeenDomain
    from vnetmgr.model.nic import Nic


class _Bus(Row):
    """What one kind of bus takes: Express or conventional devices, and in which slots."""

    kind: Slot
    first: int
    last: int


_BUSES: dict[str, _Bus] = {
    "pci-root": _Bus(Slot.PCI, 1, 31),
    "pci-bridge": _Bus(Slot.PCI, 1, 31),
    "pcie-to-pci-bridge": _Bus(Slot.PCI, 1, 31),
    "pcie-root-port": _Bus(Slot.PCIE, 0, 0),
    "pcie-switch-downstream-port": _Bus(Slot.PCIE, 0, 0),
}
_BRIDGE_SLOTS = 31


def slot_kind(model: str | None, topology: PciTopology) -> Slot:
    """The kind of slot a model takes on this machine: without Express, all are conventional."""
    known = NIC_MODELS.get(model or "")
    wanted = known.slot if known else Slot.PCIE
    express = any(controller.model == "pcie-root" for controller in topology.controllers)
    return Slot.PCI if wanted is Slot.PCIE and not express else wanted


def free_addresses(topology: PciTopology, kind: Slot) -> Iterator[PciAddress]:
    """The free hot-pluggable addresses for a kind of device, lowest bus first."""
    taken = {(used.bus, used.slot) for used in topology.used}
    for controller in sorted(topology.controllers, key=lambda item: item.index):
        bus = _BUSES.get(controller.model)
        if bus is None or bus.kind is not kind or not controller.hotplug:
            continue
        for slot in range(bus.first, bus.last + 1):
            if (controller.index, slot) not in taken:
                yield PciAddress(0, controller.index, slot, 0)


_CHOOSES = "libvirt chooses one"
_AT_THE_NEXT_START = Worded("--config plugs it at the next start; ", "")


def no_slot(domain: str, nic: Nic, kind: Slot, instead: str) -> RefusedError:
    """There is none for this nic, or it is not the one asked for. `instead`: what else there is, up
    to a semicolon and a blank."""
    asked = nic.pci_address
    place = f"PCI address {asked} is no free" if asked else "there is no free"
    model = () if kind == "pcie" else ("--model", str(nic.model))
    spare = f"{Command('add-slots', domain, '4', *model)} adds spare slots to the config"
    return RefusedError(
        f"domain {domain}: {place} hot-plug slot for model {nic.model}"
        + (" (it needs a conventional PCI slot)" if kind == "pci" else "")
        + "; nothing was attempted",
        Worded(instead + spare, in_spec(instead) + spare),
    )


def choose_slot(
    nic: Nic, states: frozenset[State], domain: SeenDomain, taken: Container[PciAddress]
) -> PciAddress | None:
    """The slot for a running domain, free in all states asked for.

    libvirt chooses config's and live's slots apart, and they differ when one has devices that
    the other has not; so the choice is made here. For the config alone libvirt chooses, and
    adds buses as it needs them. None: libvirt's choice. `taken`: by nics that are planned.
    """
    if State.LIVE not in states or (live := read_pci_topology(domain.live_xml or "")) is None:
        check_address(nic, domain, config=State.CONFIG in states, replugged=False)
        return nic.pci_address
    kind = slot_kind(nic.model, live)
    free = [item for item in free_addresses(live, kind) if item not in taken]
    if states == BOTH and (config := read_pci_topology(domain.config_xml or "")):
        busy = {(used.bus, used.slot) for used in config.used}
        free = [a for a in free if has_bus(config, a) and (a.bus, a.slot) not in busy]
    asked = nic.pci_address
    if asked is None and free:
        return free[0]
    if asked in free:
        return asked
    raise no_slot(domain.name, nic, kind, _AT_THE_NEXT_START)


def check_address(nic: Nic, domain: SeenDomain, *, config: bool, replugged: bool) -> None:
    """Refuse a nic's new address that another device has, or that takes nothing while the domain
    runs: a re-plug would find out when the nic is out."""
    asked = nic.pci_address
    topology = read_pci_topology(domain.config_xml) if config and domain.config_xml else None
    if topology and asked in topology.used:
        raise RefusedError(
            f"domain {domain.name}: PCI address {asked} is another device's in its config",
            f"see which: virsh dumpxml --inactive {domain.name}",
        )
    if topology and asked and (bus := _bus_of(asked, topology)):
        model, taken = bus
        if not taken.first <= asked.slot <= taken.last:
            raise RefusedError(
                f"domain {domain.name}: PCI address {asked}: the slots of a {model} are "
                f"{taken.first:x} to {taken.last:x}",
                Worded(f"without --pci-address {_CHOOSES}", f"without pci_address {_CHOOSES}"),
            )
    live = read_pci_topology(domain.live_xml) if replugged and domain.live_xml else None
    if live and asked and asked not in free_addresses(live, kind := slot_kind(nic.model, live)):
        waits = "without --allow replug it waits for the next start; "
        raise no_slot(domain.name, nic, kind, waits)


def _bus_of(address: PciAddress, topology: PciTopology) -> tuple[str, _Bus] | None:
    """What an address is on, or would be: libvirt adds buses to a config as it needs them."""
    models = {controller.index: controller.model for controller in topology.controllers}
    added = "pci-bridge" if models.get(0) == "pci-root" else "pcie-root-port"
    model = models.get(address.bus, added)
    return (model, _BUSES[model]) if model in _BUSES else None


def has_bus(topology: PciTopology, address: PciAddress) -> bool:
    """Whether the bus of an address exists."""
    return any(controller.index == address.bus for controller in topology.controllers)


def plan_slots(want: SlotsWant, domain: SeenDomain) -> Planned[SlotsWant]:
    """The step that adds the slots; no step when they are there.

    Only config: libvirt plugs no PCI controller into a running guest.
    """
    if domain.config_xml is None:
        from vnetmgr.errors import RefusedError

        raise RefusedError(
            f"domain {domain.name} is transient: it has no config to add slots to",
            "define it first: virsh dumpxml, then virsh define",
        )
    topology = _topology(domain)
    kind = slot_kind(want.model, topology)
    free = sum(1 for _ in free_addresses(topology, kind))
    before = free if want.ports_before is None else want.ports_before
    resolved = replace(want, ports_before=before)
    missing = before + want.count - free
    if missing <= 0:
        return Planned(want=resolved)
    models = _controllers(kind, missing, topology)
    change = Change(
        action=Action.CREATE,
        object=ObjectKind.SLOTS,
        domain=domain.name,
        name=f"{missing} for {want.model}",
        scope=(State.CONFIG,),
        disruption=Disruption.NEXT_START if domain.active else Disruption.NONE,
        fields=(FieldChange(field="controllers", before=None, after=", ".join(models)),),
    )
    name, config = domain.name, domain.config_xml
    more = add_controllers(config, models)
    op = Op(
        do=DefineDomain(domain=name, xml=more, expect=config),
        undo=(DefineDomain(domain=name, xml=config, expect=more),),
    )
    return Planned(want=resolved, steps=(Step(group=name, changes=(change,), ops=(op,)),))


def _topology(domain: SeenDomain) -> PciTopology:
    topology = read_pci_topology(domain.config_xml or "")
    if topology is None:
        from vnetmgr.errors import RefusedError

        raise RefusedError(
            f"domain {domain.name} has no PCI bus, so its nics need no slots",
            f"attach the nic: {Command('attach-nic', domain.name)}",
        )
    return topology


def _controllers(kind: Slot, missing: int, topology: PciTopology) -> list[str]:
    if kind is Slot.PCIE:
        return ["pcie-root-port"] * missing
    express = any(controller.model == "pcie-root" for controller in topology.controllers)
    bridge = "pcie-to-pci-bridge" if express else "pci-bridge"
    return [bridge] * -(-missing // _BRIDGE_SLOTS)
