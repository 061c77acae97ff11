"""What each kind of source takes of the other host: a row for each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.migration.checks.links import bridge_item, link_item, mtu_items
from vnetmgr.migration.checks.networks import network_items
from vnetmgr.migration.item import Thing
from vnetmgr.model.nic import OPENVSWITCH, Mode
from vnetmgr.model.rows.migration import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vnetmgr.migration.facts import Carried
    from vnetmgr.model.rows.migration import MigrationItem


def source_items(of: Carried) -> Iterator[MigrationItem]:
    """What a nic's packets go by."""
    yield from _SOURCES.get(of.nic.source.mode, _unknown)(of)


def _network(of: Carried) -> Iterator[MigrationItem]:
    network = of.facts.source.observed.network(of.nic.source.name or "")
    if network is not None and network.any.hands_out_cards:
        yield from _device(of)
    yield from network_items(of)


def _bridge(of: Carried) -> Iterator[MigrationItem]:
    name = of.nic.source.name or ""
    thing, there = Thing(Part.BRIDGE, name, of), of.facts.destination
    bridge = bridge_item(thing, name, there, virtualport=of.nic.virtualport)
    yield bridge
    if of.nic.vlan and of.nic.virtualport != OPENVSWITCH:
        yield _tags(of)
    if there.observed.links is not None and not bridge.blocking:
        yield from mtu_items(of, name, name)


def _tags(of: Carried) -> MigrationItem:
    """On a Linux bridge ("an interface connected via Linux bridge cannot have a VLAN", 9.0)."""
    thing = Thing(Part.VLAN, ", ".join(map(str, of.nic.vlan or ())), of)
    if of.facts.destination.observed.features.vlan_on_linux_bridge:
        return thing.is_ok("libvirt there tags on a Linux bridge, too")
    return thing.is_missing("libvirt there tags no VLANs on a Linux bridge")


def _direct(of: Carried) -> Iterator[MigrationItem]:
    name = of.nic.source.name or ""
    link = link_item(name, of)
    yield link
    if not link.blocking:
        yield from mtu_items(of, name, name)


def _device(of: Carried) -> Iterator[MigrationItem]:
    """libvirt migrates a running guest with one only where QEMU unplugs it, as it does one that is
    teamed ("cannot migrate a domain with <interface type='hostdev'>")."""
    teamed = ("teaming.type", "transient") in (of.nic.extra or ())
    thing = Thing(Part.DEVICE, of.nic.source.name or "any", of)
    if of.facts.running and not of.later and not teamed:
        yield thing.is_missing(
            "a device of the host's, with which libvirt migrates no running guest; one that is "
            "teamed it unplugs before"
        )
    elif of.nic.source.mode is Mode.HOSTDEV:
        yield thing.is_unseen("whether that device is there, and free, only an attempt tells")


def _user(of: Carried) -> Iterator[MigrationItem]:
    thing = Thing(Part.NETWORK, "user mode", of)
    if ("backend.type", "passt") in (of.nic.extra or ()):
        yield thing.is_unseen("whether passt is installed there cannot be seen")
    else:
        yield thing.is_ok("QEMU itself is the network; open connections end")


def _nowhere(of: Carried) -> Iterator[MigrationItem]:  # noqa: ARG001
    """What is said by the nic's own link, or needs nothing."""
    yield from ()


def _unknown(of: Carried) -> Iterator[MigrationItem]:
    source = of.nic.source
    yield Thing(Part.LINK, source.name or str(source.mode), of).is_unseen(
        f"what a {source.mode} nic leads to there cannot be seen"
    )


_SOURCES: dict[Mode, Callable[[Carried], Iterator[MigrationItem]]] = {
    Mode.NETWORK: _network,
    Mode.BRIDGE: _bridge,
    Mode.DIRECT: _direct,
    Mode.HOSTDEV: _device,
    Mode.USER: _user,
    Mode.ETHERNET: _nowhere,
    Mode.NULL: _nowhere,
}
