"""Nics that are devices of the host, and the networks that hand such devices out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import NotFoundError, RefusedError
from vnetmgr.libvirt_xml.domain_read import read_host_addresses
from vnetmgr.model.names import did_you_mean
from vnetmgr.model.nic import Mode, Source
from vnetmgr.model.patch import UNSET
from vnetmgr.model.record import replace
from vnetmgr.model.values import PciAddress
from vnetmgr.planner.nics.obstacles import LIST, link_obstacles, obstacles, pool_obstacles
from vnetmgr.problem import Worded, behind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.model.desired import Desired, NicWant
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.network_want import NetworkWant
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.seen.hostdev import HostDevice, HostDevices
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.model.state import Seen
    from vnetmgr.planner.context import Context


def wants_hostdev(want: NicWant) -> bool:
    """Whether a nic is asked for that is a device of the host."""
    source = want.patch.source
    return source is not UNSET and source.mode is Mode.HOSTDEV


def wants_pool(want: NetworkWant) -> bool:
    """Whether a network is asked for that hands out a card's functions."""
    return want.patch.pf is not UNSET and want.patch.pf is not None


def settle_hostdevs(desired: Desired, observed: Observed) -> Desired:
    """The wants with PCI addresses in place of links' names.

    Raises NotFoundError for a link that is none, RefusedError where names cannot be looked up,
    or one device is asked for twice.
    """
    settled = replace(
        desired,
        nics=tuple(settle_hostdev(want, observed) for want in desired.nics),
        domains=tuple(
            replace(domain, nics=tuple(settle_hostdev(want, observed) for want in domain.nics))
            for domain in desired.domains
        ),
    )
    _refuse_shared(settled)
    return settled


def _all(desired: Desired) -> Iterator[NicWant]:
    for want in (*desired.nics, *(nic for domain in desired.domains for nic in domain.nics)):
        if wants_hostdev(want):
            yield want


def settle_hostdev(want: NicWant, observed: Observed) -> NicWant:
    """A nic with the PCI address in place of a link's name. Raises as settle_hostdevs."""
    source = want.patch.source
    if source is UNSET or source.mode is not Mode.HOSTDEV or _address(source) is not None:
        return want
    link, devices = source.name or "", observed.host_devices
    if devices is None:
        raise RefusedError(
            f"link {link}: which PCI device it is cannot be seen over {observed.uri}",
            f"give the PCI address, which {LIST} shows on {observed.host}",
        )
    device = devices.behind(link)
    if device is None:
        raise no_device(link, devices)
    if len(device.links) > 1:
        raise RefusedError(
            f"link {link} shares the PCI device {device.address} with "
            f"{', '.join(each for each in device.links if each != link)}",
            "a guest gets all of a device; give its PCI address if that is meant",
        )
    patch = replace(want.patch, source=Source(Mode.HOSTDEV, str(device.address)))
    return replace(want, patch=patch)


def no_device(link: str, devices: HostDevices) -> NotFoundError:
    """The error of a link's name that means no PCI network device."""
    hint = f"{LIST} shows the devices; one that a guest has got has no link: give its PCI address"
    if link in devices.links:
        return NotFoundError(f"link {link} belongs to no PCI network device", hint)
    known = [name for device in devices.network for name in device.links]
    return NotFoundError(f"link {link} does not exist.{did_you_mean(link, known)}", hint)


def _refuse_shared(desired: Desired) -> None:
    wanted: dict[str, str] = {}
    for want in _all(desired):
        address = str(want.patch.source)
        if address in wanted:
            raise RefusedError(
                f"{address} is asked for twice: by domain {wanted[address]} and by domain "
                f"{want.domain}",
                f"a device goes to one nic of one guest; {LIST} shows others",
            )
        wanted[address] = want.domain


def unseen_notes(desired: Desired, observed: Observed) -> list[str]:
    """What could not be checked, because the host's devices cannot be seen from here."""
    if observed.host_devices is not None:
        return []
    pools = [
        f"network {want.name}: whether {observed.host} has a link {want.patch.pf} with virtual "
        "functions cannot be seen from here; it was not checked"
        for want in desired.networks
        if wants_pool(want)
    ]
    whole = [
        f"{want.domain}: whether {observed.host} itself needs {want.patch.source} cannot be seen "
        "from here; passthrough takes it away from that host"
        for want in desired.nics
        if want.patch.direct_mode == "passthrough"
    ]
    return [*pools, *whole] + [
        f"{want.domain}: {want.patch.source} is on {observed.host}, whose devices cannot be seen "
        "from here. Not checked: whether it exists, is a virtual function, is alone in its IOMMU "
        "group, and whether that host needs its link"
        for want in _all(desired)
    ]


def with_pools(observed: Observed, desired: Desired) -> Observed:
    """The live nics of hostdev networks with the network as their source.

    libvirt shows such a nic as a plain `<interface type='hostdev'>`, without the network that it
    is from (src/conf/domain_conf.c, virDomainActualNetDefContentsFormat).
    """
    pools = {seen.name for seen in observed.networks if seen.any.hands_out_cards}
    if not pools:
        return observed
    domains = tuple(
        replace(
            domain,
            nics=tuple(_with_pool(seen, domain, desired, pools) for seen in domain.nics),
        )
        for domain in observed.domains
    )
    return replace(observed, domains=domains)


def _with_pool(seen: Seen[Nic], domain: SeenDomain, desired: Desired, pools: set[str]) -> Seen[Nic]:
    live = seen.live
    if live is None or live.source.mode is not Mode.HOSTDEV:
        return seen
    wanted = [
        want.patch.source
        for want in desired.nics
        if want.domain == domain.name and live.mac is not None and want.patch.mac == live.mac
    ]
    for source in [seen.config.source] if seen.config is not None else wanted:
        if source is not UNSET and source.mode is Mode.NETWORK and source.name in pools:
            return replace(seen, live=replace(live, source=source))
    return seen


def check_pool(name: str, link: str, observed: Observed) -> None:
    """Refuse a pool that would have nothing to hand out.

    libvirt accepts the definition, and says at the start, in other words, that it is empty.
    """
    devices = observed.host_devices
    if devices is None:
        return
    device = devices.behind(link)
    if device is None:
        raise no_device(link, devices)
    problems = pool_obstacles(device, devices)
    if problems:
        raise _refused(
            f"network {name} cannot hand out virtual functions of {link}",
            [problem for problem, _ in problems],
            "; ".join(remedy for _, remedy in problems),
        )


def check_hostdev(nic: Nic, context: Context) -> None:
    """Refuse a device that the guest's start would fail on, or that is somebody's already.

    Raises NotFoundError when there is no such network device, else RefusedError with all that
    is in the way.
    """
    address = _address(nic.source)
    if address is None:
        return
    observed = context.observed
    problems: list[str] = []
    if observed.host_devices is not None:
        device = _found(address, observed.host_devices)
        problems += [problem for problem, _ in obstacles(device, observed.host_devices)]
    problems += _other_users(address, nic, context)
    if problems:
        raise _refused(
            f"domain {context.domain.name} cannot have device {address}",
            problems,
            _remedy(address, observed),
        )


def check_passthrough(nic: Nic, context: Context) -> None:
    """Refuse a macvtap in mode passthrough on a link that the host needs.

    It gets every frame that arrives there (drivers/net/macvlan.c): the host would be cut off.
    """
    devices, name = context.observed.host_devices, nic.source.name or ""
    if devices is None or name not in devices.links:
        return
    use = devices.links[name]
    own = {seen.live.target for seen in context.domain.nics if seen.live and _same(seen.live, nic)}
    others = tuple(upper for upper in use.uppers if upper not in own)
    problems = link_obstacles(name, replace(use, uppers=others))
    if problems:
        raise _refused(
            f"domain {context.domain.name} cannot have all of link {name}",
            [problem for problem, _ in problems],
            behind(
                "; ".join(remedy for _, remedy in problems)
                + "; other modes leave the link to the host too: ",
                Worded("--direct-mode bridge", "direct_mode: bridge"),
            ),
        )


def _found(address: PciAddress, devices: HostDevices) -> HostDevice:
    device = devices.at(address)
    if device is not None:
        return device
    if address in devices.others:
        code = devices.others[address]
        raise NotFoundError(
            f"device {address} is no network device (its PCI class is {code})",
            f"{LIST} shows those there are; others are given with virsh attach-device",
        )
    known = [str(each.address) for each in devices.network]
    raise NotFoundError(
        f"device {address} does not exist.{did_you_mean(str(address), known)}",
        f"{LIST} shows those there are",
    )


def _other_users(address: PciAddress, nic: Nic, context: Context) -> list[str]:
    found = []
    for domain in context.observed.domains:
        states = [
            state
            for state, document in (("config", domain.config_xml), ("live", domain.live_xml))
            if document and address in read_host_addresses(document)
        ]
        own = domain.name == context.domain.name
        if states and not (own and _has(domain, nic)):
            found.append(f"domain {domain.name} has it ({' and '.join(states)})")
    return found


def _has(domain: SeenDomain, nic: Nic) -> bool:
    """Whether it is this very nic that has the device."""
    return any(
        found.source == nic.source and _same(found, nic)
        for seen in domain.nics
        for found in (seen.config, seen.live)
        if found is not None
    )


def _same(one: Nic, other: Nic) -> bool:
    return (one.mac is not None and one.mac == other.mac) or (
        one.name is not None and one.name == other.name
    )


def users(address: PciAddress, domains: Iterable[SeenDomain]) -> tuple[str, ...]:
    """The domains that have a device, in their config or live."""
    return tuple(
        domain.name
        for domain in domains
        if any(
            address in read_host_addresses(document)
            for document in (domain.config_xml, domain.live_xml)
            if document
        )
    )


def _remedy(address: PciAddress, observed: Observed) -> str:
    devices = observed.host_devices
    device = devices.at(address) if devices else None
    remedies = [text for _, text in obstacles(device, devices)] if device and devices else []
    return "; ".join((*remedies, f"{LIST} shows what is free"))


def _refused(what: str, problems: list[str], hint: str) -> RefusedError:
    """One problem in line, several below one another."""
    if len(problems) == 1:
        return RefusedError(f"{what}: {problems[0]}", hint)
    return RefusedError(f"{what}:", hint, items=problems)


def _address(source: Source) -> PciAddress | None:
    try:
        return PciAddress.parse(source.name or "")
    except ValueError:
        return None
