"""Everything that can be known to be wrong with a nic before it is touched, listed at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import NoNetworkError, RefusedError, VnetError, concerning, usage_problems
from vnetmgr.libvirt_xml.domain_read import has_os_boot, read_boot_disk, read_boot_orders
from vnetmgr.model.names import did_you_mean, joined
from vnetmgr.model.nic import OPENVSWITCH, Mode, Nic
from vnetmgr.model.qemu.fits import extra_problems, misfits
from vnetmgr.model.sources import ON_LINKS, PAST_THE_HOST, VIRTIO_RINGS
from vnetmgr.planner.nics.switches import as_switched, check_switch
from vnetmgr.problem import About, Problem, Worded, behind, every_option

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.network import Network
    from vnetmgr.model.state import State
    from vnetmgr.planner.context import Context


_FLOOR = Worded(
    "--inbound floor=RATE: only a network of libvirt's guarantees a rate",
    "floor of inbound: only a network of libvirt's guarantees a rate",
)
_ONE_TAG = "a virtual function takes one VLAN, it carries no trunk"
_BOOTS_BY_OS = "the running domain boots by <os><boot dev=...> until its next cold start"
_OF_SYSTEM = "or a domain of qemu:///system"
_DEFAULT_GROUP = "portgroup: none is the network's default one"


def check_nic(
    nic: Nic,
    *,
    fields: frozenset[str],
    context: Context,
    states: frozenset[State],
    command: str,
) -> None:
    """Refuse a nic that libvirt or the guest's start would refuse, or would accept in vain.

    Only what is asked for (`fields`) is judged: what was there before is never refused.
    `command` has them as options. Raises UsageError with every problem, VnetError for a source
    that is not there, RefusedError for what the host cannot do.
    """
    domain = context.domain.name
    problems = [
        Problem(About("nic", nic.key, domain, field), behind(f"domain {domain}: ", text))
        for field, text in _wrong(nic, fields, context, states)
    ]
    if problems:
        raise usage_problems(problems, every_option(command))
    about = About("nic", nic.key, domain)
    if "vectors" in fields and nic.vectors is not None:
        from vnetmgr.planner.nics.vectors import check_vectors

        with concerning(about._replace(field="vectors")):
            check_vectors(nic, context, states)
    with concerning(about._replace(field="source")):
        if fields & {"source", "virtualport"}:
            check_switch(nic, context)
        if fields & {"source", "portgroup", "virtualport", "direct_mode"}:
            _check_source(nic, fields=fields, context=context, states=states)
            if context.observed.features.session and "source" in fields:
                _check_session(nic, context)
    if nic.inbound is not None and fields & {"inbound", "source"}:
        _check_floor(nic, context, states)
    _check_settings(nic, about, fields, context)


def _check_settings(nic: Nic, about: About, fields: frozenset[str], context: Context) -> None:
    if nic.filter and "filter" in fields:
        with concerning(about._replace(field="filter")):
            _check_filter(nic.filter, context)
    overlays = context.overlays
    on_overlay = overlays is not None and overlays.network(nic.source) is not None
    # There the virtual port is vnetmgr's own doing, also for nics of others.
    judged = {"vlan", "source"} if on_overlay else {"vlan", "source", "virtualport"}
    if nic.vlan and fields & judged:
        with concerning(about._replace(field="vlan")):
            _check_vlan(nic, context)


def _wrong(
    nic: Nic, fields: frozenset[str], context: Context, states: frozenset[State]
) -> Iterable[tuple[str, str]]:
    """(field, what is wrong) of what does not go together in the nic itself, and in its domain."""
    yield from misfits(as_switched(nic, context), sorted(fields))
    if fields & {"model", "queues", "vectors"} or nic.source.mode in VIRTIO_RINGS:
        from vnetmgr.planner.nics.model_checks import model_problems

        yield from model_problems(nic, fields, context)
    yield from _boot_problems(nic, fields, context, states)
    yield from (
        ("extra", Worded(f"--extra {each}", f"extra {each}"))
        for each in _extra_problems(nic, fields)
    )
    if nic.inbound is not None and nic.inbound.floor and nic.source.mode is not Mode.NETWORK:
        yield "inbound", _FLOOR
    if nic.filter_param and not nic.filter and fields & {"filter", "filter_param"}:
        yield "filter_param", Worded("--filter-param needs --filter", "filter_param needs filter")
    if nic.source.mode is Mode.HOSTDEV and "vlan" in fields and len(nic.vlan or ()) > 1:
        # src/util/virnetdev.c: "vlan trunking is not supported by SR-IOV network devices"
        yield "vlan", Worded(f"--vlan: {_ONE_TAG}", f"vlan: {_ONE_TAG}")


def _extra_problems(nic: Nic, fields: frozenset[str]) -> Iterable[str]:
    return extra_problems(nic) if "extra" in fields else ()


def _boot_problems(
    nic: Nic, fields: frozenset[str], context: Context, states: frozenset[State]
) -> Iterable[tuple[str, str]]:
    if "boot_order" not in fields or nic.boot_order is None:
        return
    domain = context.domain
    document = domain.config_xml or domain.live_xml or ""
    if has_os_boot(document):
        yield "boot_order", _own_boot(nic, document, is_new=nic.mac not in domain.macs)
    elif nic.boot_order in read_boot_orders(document):
        text = f"{nic.boot_order} belongs to another device of the domain"
        yield "boot_order", Worded(f"--boot-order {text}", f"boot_order {text}")
    elif (
        "live" in states
        and (nic.mac not in domain.macs or "replug" in context.policy.allow)
        and has_os_boot(domain.live_xml or document)
    ):
        yield (
            "boot_order",
            Worded(f"--boot-order: {_BOOTS_BY_OS}; use --config", f"boot_order: {_BOOTS_BY_OS}"),
        )


def _own_boot(nic: Nic, document: str, *, is_new: bool) -> str:
    """What to do about `<os><boot dev>`. Taken out alone it comes back: libvirt writes <boot
    dev='hd'/> where no device has an order (virDomainDefPostParse; 9.0)."""
    disk = read_boot_disk(document)
    order = nic.boot_order if disk is None else 1 + (nic.boot_order == 1)
    anew = disk is None and is_new
    whom = "this nic's <interface>" if disk is None else f"disk {disk}"
    mixed = "cannot be mixed with the domain's own <os><boot dev=...>: "
    edit = (
        f"in one and the same virsh edit, take that out and put <boot order='{order}'/> into "
        f"{whom}, since libvirt puts <boot dev='hd'/> back where no device has an order"
    )
    first = ("attach it without --boot-order; then, ", "leave boot_order out at first; then, ")
    option, key = first if anew else ("", "")
    return Worded(f"--boot-order {mixed}{option}{edit}", f"boot_order {mixed}{key}{edit}")


def _check_source(
    nic: Nic, *, fields: frozenset[str], context: Context, states: frozenset[State]
) -> None:
    mode, name = nic.source.mode, nic.source.name or ""
    if mode is Mode.NETWORK and name not in context.planned_networks:
        _check_network(nic, context, states, fields=fields)
    elif mode is Mode.BRIDGE and "source" in fields:
        _check_bridge(name, virtualport=nic.virtualport, context=context)
    elif mode in ON_LINKS:
        if "source" in fields:
            _check_link(name, context)
        if nic.direct_mode == "passthrough":
            from vnetmgr.planner.nics.hostdev import check_passthrough

            check_passthrough(nic, context)
    elif mode is Mode.HOSTDEV and "source" in fields:
        from vnetmgr.planner.nics.hostdev import check_hostdev

        check_hostdev(nic, context)


def _check_session(nic: Nic, context: Context) -> None:
    """libvirt takes into a session's config what a guest's start then has no right to."""
    bridge, links = nic.source.name or "", context.observed.links
    if nic.source.mode in PAST_THE_HOST:
        raise RefusedError(
            f"domain {context.domain.name}: qemu:///session has no right to {nic.source}, so the "
            "guest would not start",
            Worded(f"--user, {_OF_SYSTEM}", f"the source user, {_OF_SYSTEM}"),
        )
    allowed = links.session_bridges if links is not None else None
    if nic.source.mode is Mode.BRIDGE and allowed is not None and bridge not in allowed:
        raise RefusedError(
            f"domain {context.domain.name}: bridge {bridge} is not among those that "
            "/etc/qemu/bridge.conf lets qemu:///session use, so the guest would not start",
            behind(
                f"as root: echo 'allow {bridge}' >> /etc/qemu/bridge.conf, and chmod u+s "
                "qemu-bridge-helper; or ",
                Worded(f"--user, {_OF_SYSTEM}", f"the source user, {_OF_SYSTEM}"),
            ),
        )


def _check_network(
    nic: Nic, context: Context, states: frozenset[State], *, fields: frozenset[str]
) -> None:
    name = nic.source.name or ""
    network = context.observed.network(name)
    if network is None and name in context.failed_networks:
        raise VnetError(
            f"domain {context.domain.name}: nic {nic.key} waits for network {name}, which cannot "
            "be made",
            "mend what is told of the network",
        )
    if network is None:
        known = sorted(seen.name for seen in context.observed.networks)
        raise NoNetworkError(
            name,
            f"network {name} does not exist; this host has {joined(known)}."
            f"{did_you_mean(name, known)}".removesuffix("."),
            f"list them: {Command('list-networks')}",
        )
    if name in context.other_networks and "source" in fields:
        raise RefusedError(
            f"network {name} is {network.any.mode}, and not what the spec has by that name: no nic "
            "is put on it",
            "mend what is told of the network; or give the spec's another name",
        )
    if context.domain.active and "live" in states and network.live is None:
        raise network_is_off(name, context.domain)
    known = sorted(group.name for group in network.any.portgroups)
    if nic.portgroup and nic.portgroup not in known and fields & {"source", "portgroup"}:
        raise VnetError(
            f"network {name} has no portgroup {nic.portgroup}; it has {joined(known)}."
            + did_you_mean(nic.portgroup, known),
            behind(
                "libvirt would accept it and ignore it; ",
                Worded("--portgroup none: the network's default one", _DEFAULT_GROUP),
            ),
        )


def network_is_off(name: str, domain: SeenDomain) -> RefusedError:
    """Why a running domain's nic cannot be put on a network."""
    start = Command("start-network", name)
    return RefusedError(
        f"network {name} is off, and domain {domain.name} runs",
        Worded(
            f"start it ({start}), or use --config for the next start",
            f"start it: {start}",
        ),
    )


def _check_floor(nic: Nic, context: Context, states: frozenset[State]) -> None:
    if nic.inbound is not None and nic.inbound.floor is not None:
        from vnetmgr.planner.nics.floors import check_floor

        check_floor(nic, context, states)


def _check_filter(name: str, context: Context) -> None:
    known = context.observed.filters
    if known is not None and name not in known:
        raise VnetError(
            f"filter {name} does not exist, and a nic does not start without its filter."
            + did_you_mean(name, known),
            "list them: virsh nwfilter-list",
        )


def _check_bridge(name: str, *, virtualport: str | None, context: Context) -> None:
    links = context.observed.links
    if links is None or name in links.bridges:
        return
    from vnetmgr.model.seen.link_setup import making_bridge

    known = joined(sorted(links.bridges))
    if links.names is None:
        if virtualport is None:
            raise VnetError(
                f"bridge {name} does not exist on {context.observed.host}; bridges there: {known}",
                making_bridge(name, None),
            )
        return  # over a remote connection only Linux bridges can be seen
    if name not in links.names:
        raise VnetError(
            f"bridge {name} does not exist; bridges here: {known}."
            + did_you_mean(name, links.bridges),
            making_bridge(name, links.setup),
        )
    if virtualport is None:
        raise VnetError(
            f"{name} is a link but no Linux bridge; bridges here: {known}",
            Worded(
                "an Open vSwitch bridge needs --virtualport openvswitch; for macvtap on a link use "
                f"--direct {name}",
                "an Open vSwitch bridge needs virtualport: openvswitch; for macvtap on a link it "
                f"is direct: {name}",
            ),
        )


def _check_link(name: str, context: Context) -> None:
    links = context.observed.links
    if links is None or links.names is None or name in links.names:
        return
    known = sorted(links.names)
    raise VnetError(
        f"link {name} does not exist; links here: {joined(known)}.{did_you_mean(name, known)}",
        "list them: ip link",
    )


def _check_vlan(nic: Nic, context: Context) -> None:
    """libvirt takes a VLAN on a Linux bridge into config, and the next start fails; where it tags
    there, the bridge has to filter VLANs."""
    overlay = None if context.overlays is None else context.overlays.network(nic.source)
    if overlay is not None:
        raise RefusedError(
            f"network {overlay.name} is an overlay, on which OVN heeds no VLAN of a nic's",
            "make an overlay for each; or leave the VLAN out",
        )
    if nic.source.mode is Mode.BRIDGE and nic.virtualport != OPENVSWITCH:
        where, bridge = f"bridge {nic.source.name} is a Linux bridge", nic.source.name
    elif nic.source.mode is Mode.NETWORK:
        network = context.observed.network(nic.source.name or "")
        if network is not None and _tags_vlans(nic, network.any):
            return
        macvtap = network is not None and network.any.mode.kind.on_link
        where = f"network {nic.source.name} is on {'macvtap' if macvtap else 'a Linux bridge'}"
        own = network is None or not network.any.is_a_bridge_of_the_host
        bridge = None if network is None or own else network.any.bridge
    else:
        return
    from vnetmgr.planner.vlans import OTHER_WAYS, on_linux_bridge

    if bridge is None or not context.observed.features.vlan_on_linux_bridge:
        raise RefusedError(
            f"{where}, and this host tags no VLANs there: the guest's next start would fail",
            OTHER_WAYS,
        )
    missing = on_linux_bridge(bridge, nic.vlan or (), context.observed.links)
    if missing:
        raise RefusedError(
            f"domain {context.domain.name}: {'; '.join(problem for problem, _ in missing)}",
            "; ".join(command for _, command in missing),
        )


def _tags_vlans(nic: Nic, network: Network) -> bool:
    """Whether libvirt tags a nic's VLANs on a network by itself: on Open vSwitch, which a portgroup
    may say as well, and on virtual functions of a card."""
    group = network.portgroup(nic.portgroup)
    given = (nic.virtualport, network.virtualport, group and group.virtualport)
    whole = network.direct_mode == "passthrough"
    return OPENVSWITCH in given or network.hands_out_cards or whole
