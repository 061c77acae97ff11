"""What each parameter may be: one table by its name, one by what stands for its value in help.

A parameter that is in neither is completed by the words that its command takes, or not at all.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vnetmgr.cli.completion import things
from vnetmgr.cli.completion.candidate import (
    Candidate,
    Completer,
    Part,
    dashed,
    files,
    folders,
    listed,
    nothing,
    of,
    pairs,
    parts,
    words,
)
from vnetmgr.model.desired import ALLOWANCES
from vnetmgr.model.options.extra import EXTRA_KEYS
from vnetmgr.model.options.nics import CLEAR, NIC_OPTIONS, SOURCE_OPTIONS, NicOption
from vnetmgr.model.options.parsers import Kind
from vnetmgr.model.qemu.models import NIC_MODELS, Grade
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vnetmgr.cli.completion.candidate import Offer
    from vnetmgr.cli.completion.commands import Parameter
    from vnetmgr.cli.completion.line import Line
    from vnetmgr.model.options.compound import Compound
    from vnetmgr.model.options.networks import NetworkOption
    from vnetmgr.render.columns import Columns

_URIS = (
    "qemu:///system",
    "qemu:///session",
    "test:///default",
    Candidate("qemu+ssh://", more=True),
)
_REMOTES = tuple(Candidate(each, more=True) for each in ("ssl:", "tcp:", "unix:/"))
_FILTER_VARIABLES = ("IP", "IPV6", "MAC", "CTRL_IP_LEARNING", "DHCPSERVER", "GATEWAY_MAC")
_LEARNING = words("any", "dhcp", "none")
_MODELS = words(*(name for name, model in NIC_MODELS.items() if model.grade is not Grade.UNUSABLE))


def completer(command: str, parameter: Parameter) -> Completer:
    """What completes a parameter's value."""
    found = _OF.get((command, parameter.name)) or _BY_NAME.get(parameter.name)
    if found is None and parameter.choices:
        found = words(*parameter.choices)
    if found is None and (option := _option(command, parameter.name)) is not None:
        found = _of_option(option, changes=command.startswith("update-"))
    return found or _BY_METAVAR.get(parameter.metavar, nothing)


def _option(command: str, name: str) -> NicOption | NetworkOption | None:
    """A row of the nics' or networks' tables."""
    if command.endswith("-network"):
        from vnetmgr.model.options.networks import NETWORK_OPTIONS

        return NETWORK_OPTIONS.get(name)
    return {**SOURCE_OPTIONS, **NIC_OPTIONS}.get(name) if command.endswith("-nic") else None


def _of_option(option: NicOption | NetworkOption, *, changes: bool = False) -> Completer | None:
    """`changes`: whether the setting may be there already, and so be taken away."""
    if option.choices:
        return words(*option.choices, *([CLEAR] if changes and option.clearable else []))
    return None if option.compound is None else _of_compound(option.compound)


def _of_compound(compound: Compound, **parts_of_it: Completer) -> Completer:
    """`parts_of_it`: what completes some; of the others nobody knows what they may be."""
    known = {
        dashed(name): Part(
            parts_of_it.get(name, nothing),
            flag=part.flag,
            several=part.several,
            inner=_inner(part.inner),
        )
        for name, part in compound.settable.items()
    }
    return parts(known, dashed(compound.first))


def _inner(compound: Compound | None) -> tuple[str, ...]:
    """The parts that stand behind a compound's first."""
    known = compound.settable if compound is not None else ()
    return tuple(dashed(name) for name in known if compound and name != compound.first)


def _portgroup(typed: str, line: Line) -> Offer:
    """A network's, with what it is to have."""
    from vnetmgr.model.options.network_parsers import PORTGROUP, VIRTUALPORTS

    complete = _of_compound(PORTGROUP, name=of(things.portgroups), virtualport=words(*VIRTUALPORTS))
    return complete(typed, line)


def _nic(typed: str, line: Line) -> Offer:
    """`SOURCE[,OPTION=...]` of create-domain: what the others are about, the first words say."""
    before = typed.rpartition(",")[0]
    said = dict(each.partition("=")[::2] for each in before.split(","))
    values = {key.replace("-", "_"): (value,) for key, value in said.items()}
    around = replace(line, values={**line.values, **values})
    table = NIC_OPTIONS if before else SOURCE_OPTIONS
    return parts({dashed(name): _part(name, each) for name, each in table.items()})(typed, around)


def _part(name: str, option: NicOption) -> Part:
    found = _BY_NAME.get(name) or _of_option(option) or _BY_METAVAR.get(option.metavar)
    return Part(
        found or nothing,
        flag=option.kind in (Kind.FLAG, Kind.SWITCH),
        several=option.kind.repeatable,
        inner=_inner(option.compound),
    )


def _extra_of_nics(line: Line) -> Mapping[str, Completer]:  # noqa: ARG001 - of a line
    return {key: words(*allowed, CLEAR) for key, allowed in EXTRA_KEYS.items()}


def _extra_of_networks(line: Line) -> Mapping[str, Completer]:  # noqa: ARG001 - of a line
    from vnetmgr.model.options.network_extra import NETWORK_EXTRA

    return {key: words(CLEAR) for key in NETWORK_EXTRA}


def _variables(line: Line) -> Mapping[str, Completer]:  # noqa: ARG001 - of a line
    known: dict[str, Completer] = dict.fromkeys(_FILTER_VARIABLES, words(CLEAR))
    return {**known, "CTRL_IP_LEARNING": _LEARNING}


def _columns(module: str, name: str) -> Completer:
    """A list's, as `render` has them."""

    def complete(typed: str, line: Line) -> Offer:
        columns: Columns[Any] = getattr(import_module(f"vnetmgr.render.{module}"), name)
        return listed(words(*columns.known()))(typed, line)

    return complete


def _other_hosts(line: Line) -> list[str | Candidate]:
    """By their names in the hosts file, and how others are named."""
    return [*things.host_names(line), *_URIS]


_OF: dict[tuple[str, str], Completer] = {
    ("list-domains", "columns"): _columns("domains", "DOMAIN_COLUMNS"),
    ("list-nics", "columns"): _columns("nics", "NIC_COLUMNS"),
    ("list-networks", "columns"): _columns("networks", "NETWORK_COLUMNS"),
    ("list-leases", "columns"): _columns("leases", "LEASE_COLUMNS"),
    ("list-forwards", "columns"): _columns("forwards", "FORWARD_COLUMNS"),
    ("list-host-devices", "columns"): _columns("hostdevs", "DEVICE_COLUMNS"),
    ("list-models", "columns"): _columns("models", "MODEL_COLUMNS"),
    ("create-network", "extra"): pairs(_extra_of_networks),
    ("update-network", "extra"): pairs(_extra_of_networks),
    ("create-network", "portgroup"): _portgroup,
    ("update-network", "portgroup"): _portgroup,
    ("remove-forward", "domain"): of(things.forwarding_domains),
    ("release", "target"): things.held,
    ("prepare-migration", "to_host"): of(things.host_names),
    ("release-address", "client"): things.reserved_clients,
    ("release-address", "address"): of(things.reserved_addresses),
    ("release-address", "duid"): of(things.reserved("duid")),
    ("release-address", "hostname"): of(things.reserved("hostname")),
    ("reserve-address", "client"): things.clients,
    ("reserve-address", "duid"): of(things.leased_duids),
    ("reserve-address", "address"): of(things.leased_addresses),
    ("add-forward", "guest_address"): of(things.addresses_of_nics),
    ("add-dns-record", "domain"): of(things.dns_domain),
    ("import-qemu", "words"): files,
    ("create-domain", "nic"): _nic,
    ("create-domain", "machine"): words("q35", "pc"),
    ("join-overlay", "southbound"): words(*_REMOTES),
    ("join-overlay", "datapath"): words("userspace", "kernel"),
    ("join-overlay", "encap_type"): listed(words("geneve", "vxlan", "stt")),
    **{("remove-dns-record", name): of(things.records(name)) for name in things.RECORD_FIELDS},
    ("remove-dns-record", "given_address"): of(things.records("address")),
}
"""By the command and the parameter's name, where it is another's elsewhere."""

_BY_NAME: dict[str, Completer] = {
    "host_names": listed(of(things.host_names)),
    "connect": words(*_URIS),
    "ovn_nb": words(*_REMOTES),
    "to_host": of(_other_hosts),
    "allow": listed(words(*ALLOWANCES, "link-flap")),
    "model": _MODELS,
    "filter": of(things.filters),
    "filter_param": pairs(_variables),
    "extra": pairs(_extra_of_nics),
    "portgroup": of(things.portgroups),
    "remove_portgroup": of(things.portgroups),
    "dns_domain": nothing,
    "dns": words("on", "off"),
    "bootp": nothing,
    "tftp_root": folders,
    "zone": of(lambda line: line.known.zones()),
    "external": of(lambda line: [*line.known.networks(), *line.known.bridges()]),
    "external_host": of(things.host_names),
    "protocol": words("tcp", "udp"),
    "kind": of(things.kinds),
}
"""By the parameter's name."""

_BY_METAVAR: dict[str, Completer] = {
    "DOMAIN": things.domains,
    "[DOMAIN]...": things.domains,
    "DOMAIN[/NIC]": things.targets,
    "[DOMAIN[/NIC]]...": things.targets,
    "DESTINATION[:PORT][/tcp|udp|icmp]": things.destinations,
    "NIC": things.nics,
    "NETWORK": of(lambda line: line.known.networks()),
    "[NETWORK]...": of(lambda line: line.known.networks()),
    "BRIDGE": of(lambda line: line.known.bridges()),
    "LINK": of(lambda line: line.known.links()),
    "DEVICE": of(things.host_devices),
    "[LISTEN:]HOST_PORT[:GUEST_PORT][/PROTOCOL]": of(things.forwards),
    "[LISTEN:]PORT[/PROTOCOL]": of(lambda line: line.known.unowned_forwards()),
    "[COMMAND]": of(things.commands),
    "COMMAND": of(things.commands),
    "FILE": files,
    "SCRIPT": files,
    "SPEC...": files,
    "[SPEC]...": files,
    "DIR": folders,
}
"""By what stands for its value in help."""
