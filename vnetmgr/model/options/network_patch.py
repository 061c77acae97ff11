"""From texts of a command line by their options to a NetworkPatch, and what does not go together in
one, wherever it is from."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from vnetmgr.errors import usage_problems
from vnetmgr.model.names import did_you_mean
from vnetmgr.model.network import OVERLAYS_OWN, NetworkMode, Portgroup
from vnetmgr.model.network_want import FIELD_OF, NetworkPatch, is_set, network_problem
from vnetmgr.model.nic import SomePairs
from vnetmgr.model.options.addressing import (
    addressing_problems,
    first_host,
    holder,
    route_problems,
)
from vnetmgr.model.options.network_dns import dns_problems
from vnetmgr.model.options.network_extra import (
    NETWORK_EXTRA,
    key_of,
    lists_functions,
    parse_pair,
    parse_path,
)
from vnetmgr.model.options.network_parsers import native_problem
from vnetmgr.model.options.networks import NETWORK_OPTIONS, OPTION_OF, said_by
from vnetmgr.model.options.nics import CLEAR
from vnetmgr.model.options.parsers import Kind
from vnetmgr.model.patch import UNSET, Unset
from vnetmgr.problem import About, Option, Problem, every_option

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from vnetmgr.model.dhcp import IpNetwork, Route
    from vnetmgr.model.nic import Pairs
    from vnetmgr.model.patch import Setting
    from vnetmgr.problem import Say


def build_network_patch(
    values: Mapping[str, str | Sequence[str]], *, command: str = "create-network"
) -> NetworkPatch:
    """Read options of a command into a patch. Raises UsageError that lists every problem.

    What is wrong between options is judged by those that can be read, and by what is given: a
    network that is there may have more.
    """
    problems: list[Problem] = []
    given: dict[str, object] = {}
    for key, value in values.items():
        if key not in NETWORK_OPTIONS:
            guess = did_you_mean(key, NETWORK_OPTIONS)
            problems.append(Problem(About("network"), f"{key} is no option of a network.{guess}"))
            continue
        found: list[object] = []
        field = NETWORK_OPTIONS[key].field
        problems += (
            network_problem(field, text).at(Option(key)) for text in _read(key, value, found)
        )
        if found:
            given[key] = found[0]
    no_dhcp = given.pop("no_dhcp", False) is True
    if no_dhcp:
        given.setdefault("dhcp_range", None)
    fields = {NETWORK_OPTIONS[key].field: value for key, value in given.items()}
    patch = NetworkPatch(**fields)  # type: ignore[arg-type]  # the table's parsers fit
    problems += map(as_option, _cross_check(patch, no_dhcp=no_dhcp))
    if problems:
        raise usage_problems(problems, every_option(command))
    return patch


def as_option(problem: Problem) -> Problem:
    """A problem of a patch, where a command gave it: at the option of its field."""
    field = problem.about.field if problem.about else None
    key = OPTION_OF.get(field or "")
    if key is not None:
        return problem.at(Option(key))
    if field is None:
        return problem
    return problem._replace(text=f"{FIELD_OF.get(field, field)}: {problem.text}")


def _read(key: str, value: str | Sequence[str], found: list[object]) -> Iterator[str]:
    """Put one option's value into `found`, or yield what is wrong with it."""
    option = NETWORK_OPTIONS[key]
    texts = [value] if isinstance(value, str) else list(value)
    if not texts or CLEAR in (text.lower() for text in texts):
        if not option.clearable:
            yield "cannot be cleared"
        elif len(texts) > 1:
            yield f"{CLEAR} clears it, and goes with nothing else"
        else:
            found.append(None)
        return
    if len(texts) > 1 and not option.kind.repeatable:
        yield f"takes one value, not {len(texts)}"
        return
    pairs = option.kind is Kind.PAIRS
    parsed: list[object] = []
    for text in texts:
        try:
            parsed.append(_some_pair(text) if pairs else option.parse(text))
        except ValueError as error:
            yield str(error)
    if len(parsed) == len(texts):
        several = SomePairs(tuple(parsed)) if pairs else tuple(parsed)  # type: ignore[arg-type]
        found.append(several if option.kind.repeatable else parsed[0])


def _some_pair(text: str) -> tuple[str, str | None]:
    """A setting by its path; `PATH=none` takes it away."""
    path, value = parse_path(text, said_by)
    if value.lower() != CLEAR:
        return parse_pair(text, said_by)
    if not NETWORK_EXTRA[key_of(path)].clearable:
        raise ValueError(f"{path} cannot be cleared")
    return path, None


_IN_SUBNETS = (
    *("gateways", "dhcp_ranges", "lease_time", "reservations"),
    *("bootp", "tftp_root", "routes"),
)
_LEAST_IPV6_MTU = 1280  # RFC 8200; the kernel turns IPv6 off below it


def _cross_check(patch: NetworkPatch, *, no_dhcp: bool) -> Iterator[Problem]:
    yield from _dhcp_problems(patch, no_dhcp=no_dhcp)
    subnets = patch.subnets if isinstance(patch.subnets, tuple) else ()
    ranges = patch.dhcp_ranges if isinstance(patch.dhcp_ranges, tuple) else ()
    # A range of another IP version may be in a subnet that is there.
    versions = {each.version for each in subnets} or {4, 6}
    yield from addressing_problems(
        libvirts=not patch.is_overlay,
        subnets=subnets,
        gateways=patch.gateways if isinstance(patch.gateways, tuple) else (),
        dhcp_ranges=[each for each in ranges if each.start.version in versions],
    )
    yield from field_problems(patch)


def field_problems(patch: NetworkPatch, say: Say = Option) -> Iterator[Problem]:
    """What does not go together in a patch, but for the addresses. `say`: what an option is called
    where it was given."""
    subnets = patch.subnets if isinstance(patch.subnets, tuple) else ()
    if isinstance(patch.mtu, int):
        yield from (
            network_problem("mtu", each, patch.mtu) for each in mtu_problems(patch.mtu, subnets)
        )
    if patch.subnets is None:
        yield from (
            network_problem(field, f"does not go with {say('subnet')} none")
            for field in _IN_SUBNETS
            if getattr(patch, field) not in (UNSET, None, ())
        )
    if isinstance(patch.routes, tuple) and patch.subnets is not None:
        yield from _route_problems(patch.routes, patch)
    yield from _twice("forward_devs", patch.forward_devs)
    yield from _twice("vlan", patch.vlan)
    if patch.vlan is not UNSET and isinstance(patch.native_vlan, int):
        yield from native_problems(patch.native_vlan, patch.vlan)
    if isinstance(patch.portgroups, tuple):
        yield from _portgroup_problems(patch.portgroups)
    paths = Counter(path for path, _ in _asked_of(patch))
    yield from (
        network_problem("extra", f"{path} is given twice") for path in paths if paths[path] > 1
    )
    yield from dns_problems(patch, say)
    if isinstance(patch.mode, NetworkMode):
        yield from mode_problems(patch.mode, patch, say)
        if patch.is_overlay:
            from vnetmgr.model.options import overlay_checks

            yield from overlay_checks.field_problems(patch, patch.FIELDS)
            yield from overlay_checks.way_out_problems(patch)


def _route_problems(routes: Sequence[Route], patch: NetworkPatch) -> Iterator[Problem]:
    subnets = patch.subnets if isinstance(patch.subnets, tuple) else None
    gateways = patch.gateways if isinstance(patch.gateways, tuple) else ()
    held = {holder(subnets or (), each) for each in gateways}
    firsts = (first_host(each) for each in subnets or () if each not in held)
    yield from route_problems(subnets, (*gateways, *firsts), routes)


def pairs_of(patch: NetworkPatch) -> Pairs:
    """The settings by their paths that a patch asks for."""
    return tuple((path, value) for path, value in _asked_of(patch) if value is not None)


def _asked_of(patch: NetworkPatch) -> tuple[tuple[str, str | None], ...]:
    """The same, with those that it takes away."""
    given = patch.extra
    asked = given.pairs if isinstance(given, SomePairs) else given
    return () if isinstance(asked, Unset) or asked is None else asked


def mtu_problems(mtu: int, subnets: Iterable[IpNetwork]) -> Iterator[str]:
    """The IPv6 subnets for which an MTU is too small."""
    for subnet in subnets if mtu < _LEAST_IPV6_MTU else ():
        if subnet.version == 6:
            yield f"{mtu} is too small for IPv6 ({subnet}), which needs {_LEAST_IPV6_MTU}"


def _dhcp_problems(patch: NetworkPatch, *, no_dhcp: bool) -> Iterator[Problem]:
    if no_dhcp and patch.dhcp_ranges is not None:
        yield network_problem("dhcp_ranges", "does not go with --no-dhcp")
    if isinstance(patch.lease_time, int) and (no_dhcp or patch.dhcp_ranges is None):
        yield network_problem("lease_time", "does not go with --no-dhcp")


def _twice(field: str, values: Setting[tuple[str | int, ...]]) -> Iterator[Problem]:
    """libvirt: "interface can only be listed once", and two tags are one."""
    counts = Counter(values if isinstance(values, tuple) else ())
    for value in (value for value, count in counts.items() if count > 1):
        yield network_problem(field, f"{value} is given twice", value)


def native_problems(native: int, tags: tuple[int, ...] | None) -> Iterator[Problem]:
    """A native VLAN that is none of the network's."""
    if native not in (tags or ()):
        yield network_problem("native_vlan", native_problem(native, tags), native)


def _portgroup_problems(groups: Sequence[Portgroup]) -> Iterator[Problem]:
    for name in sorted({group.name for group in groups}):
        same = [group for group in groups if group.name == name]
        if len(same) > 1:
            yield network_problem("portgroups", f"{name} is given twice", *same)
    defaults = [group for group in groups if group.default]
    if len(defaults) > 1:
        names = " and ".join(group.name for group in defaults)
        yield network_problem("portgroups", f"a network has one default, not {names}", *defaults)


def _a(mode: NetworkMode) -> str:
    return f"an {mode}" if mode[0] in "aeiou" else f"a {mode}"


def mode_problems(mode: NetworkMode, patch: NetworkPatch, say: Say = Option) -> list[Problem]:
    """The fields that a network of a mode cannot have."""
    problems = [
        network_problem(field, f"{_a(mode)} network has none{_other_mode(mode, field, say)}")
        for field in _set_in(patch)
        if field in mode.kind.lacks
    ]
    links = patch.forward_devs
    if isinstance(links, tuple) and len(links) > 1 and not mode.kind.on_link:
        text = f"{_a(mode)} network forwards to one link, not to {' and '.join(links)}"
        problems.append(network_problem("forward_devs", text, *links))
    problems += (
        network_problem("extra", f"{path}: {_a(mode)} network has none", (path, value))
        for path, value in pairs_of(patch)
        if not NETWORK_EXTRA[key_of(path)].fits(mode)
    )
    if isinstance(patch.virtualport, str) and mode.kind.has("virtualport"):
        unfit = _unfit_port(mode, patch.virtualport)
        problems += [network_problem("virtualport", unfit)] if unfit else []
    if mode.kind.spans_hosts and patch.virtualport is None:
        text = "an overlay's are of openvswitch, in any case"
        problems.append(network_problem("virtualport", text))
    if mode.kind.cards and isinstance(patch.vlan, tuple) and len(patch.vlan) > 1:
        # src/util/virnetdev.c: "vlan trunking is not supported by SR-IOV network devices"
        text = "a virtual function takes one VLAN, it carries no trunk"
        problems.append(network_problem("vlan", text, *patch.vlan))
    groups = patch.portgroups if isinstance(patch.portgroups, tuple) else ()
    problems += (
        network_problem("portgroups", text, group)
        for group in groups
        for text in _unfit_group(mode, group, patch.virtualport, say)
    )
    return problems


def _other_mode(mode: NetworkMode, field: str, say: Say) -> str:
    """Which mode was meant, where one alone has it, or libvirt says two of ours by one word."""
    if field in OVERLAYS_OWN:
        return f"; that takes {say('mode')} {NetworkMode.OVERLAY}"
    if mode is NetworkMode.BRIDGE and field == "forward_devs":
        return f"; {say('mode')} {NetworkMode.MACVTAP} has guests on a link itself"
    return ""


def fleet_problem(mode: NetworkMode) -> Problem:
    """That a network is to be of a fleet, and its mode has none."""
    text = f"{_a(mode)} network is of none; that takes {Option('mode')} {NetworkMode.OVERLAY}"
    return network_problem("fleet", text).at(Option("fleet"))


def _unfit_port(mode: NetworkMode, virtualport: str) -> str | None:
    """What is wrong with a type of virtual port in a mode."""
    fit = sorted(mode.kind.virtualports)
    if virtualport in fit or mode is NetworkMode.OTHER:
        return None
    kinds = " or ".join(fit) or "no kind"
    return f"{_a(mode)} network has virtual ports of {kinds}, not {virtualport}"


def _unfit_group(
    mode: NetworkMode, group: Portgroup, virtualport: Setting[str], say: Say
) -> Iterator[str]:
    if group.vlan and mode.has_own_bridge:
        yield (
            f"{group.name} has a VLAN, and {_a(mode)} network tags none; that takes "
            f"{say('mode')} bridge, and a bridge of Open vSwitch"
        )
    elif group.vlan and mode.kind.cards and len(group.vlan) > 1:
        yield f"{group.name}: a virtual function takes one VLAN, it carries no trunk"
    if (group.inbound or group.outbound) and not mode.kind.has("inbound"):
        yield f"{group.name} has a rate, and {_a(mode)} network has none"
    if group.virtualport is None:
        return
    unfit = _unfit_port(mode, group.virtualport)
    if unfit:
        yield f"{group.name}: {unfit}"
    elif isinstance(virtualport, str) and virtualport != group.virtualport:
        # "attempt to merge virtualports with different types" (virNetDevVPortProfileMerge3)
        yield f"{group.name} has virtual port {group.virtualport}, and the network {virtualport}"


def missing_fields(mode: NetworkMode, patch: NetworkPatch) -> Iterator[Problem]:
    """The field that a network of a mode needs, where it is not there."""
    needed = mode.kind.needs
    if needed == "pf" and lists_functions(pairs_of(patch)):
        return
    if needed is not None and needed not in _set_in(patch):
        text = f"{Option('mode')} {mode} needs {Option(OPTION_OF[needed])}"
        if needed == "subnets":
            text += f"; a network of layer 2 alone is {Option('mode')} {NetworkMode.ISOLATED}"
        yield network_problem(needed, text)


def _set_in(patch: NetworkPatch) -> list[str]:
    return [field for field, value in patch.items() if is_set(field, value)]
