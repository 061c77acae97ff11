"""From option values to what is wanted of networks. No networking decisions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vnetmgr.api.wants import domain_and_nic, refuse_empty, texts, word
from vnetmgr.command import Command
from vnetmgr.errors import UsageError, concerning, usage_problems
from vnetmgr.local.templates import edited_template, refuse_other
from vnetmgr.model.desired import Desired
from vnetmgr.model.dhcp import parse_duid
from vnetmgr.model.intent import Intent
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.network_want import AddressWant, NetworkPatch, NetworkWant, RecordWant
from vnetmgr.model.options.network_patch import build_network_patch
from vnetmgr.model.options.parsers import check_dns_name, is_address, parse_address
from vnetmgr.model.options.records import build_record
from vnetmgr.model.patch import UNSET
from vnetmgr.model.record import Record, replace
from vnetmgr.model.values import Mac
from vnetmgr.problem import About, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from vnetmgr.model.state import State


def network_texts(options: Mapping[str, object]) -> dict[str, str | list[str]]:
    """A network's options as they are written."""
    from vnetmgr.model.options.networks import NETWORK_OPTIONS

    return texts(options, (key for key, known in NETWORK_OPTIONS.items() if known.clearable))


def record_texts(options: Mapping[str, object]) -> dict[str, str | list[str]]:
    """A DNS record's options as they are written."""
    return texts(options, ())


def network_creation(
    name: str,
    values: Mapping[str, str | Sequence[str]],
    *,
    autostart: bool | None,
    start: bool,
    template: str | PathLike[str] | None,
) -> Desired:
    """A new network; its mode is nat unless an option or the template says otherwise."""
    name = word(name, "network")
    patch = _patch(name, values, "create-network")
    if patch.mode is UNSET and template is None:
        patch = replace(patch, mode=NetworkMode.NAT)
    want = NetworkWant(
        name=name,
        intent=Intent.CREATE,
        patch=patch,
        running=True if start else None,
        autostart=autostart,
        guests=True,
    )
    if template is not None:
        text = _read(template)
        refuse_other(text, tag="network", origin=str(template))
        want = replace(want, template=text, edited_template=str(template))
    else:
        want = replace(want, edited_template=edited_template(f"network/{patch.mode}.xml"))
    return Desired(networks=(want,))


def _patch(name: str, values: Mapping[str, str | Sequence[str]], command: str) -> NetworkPatch:
    with concerning(About("network", name)):
        return build_network_patch(values, command=command)


def _read(template: str | PathLike[str]) -> str:
    try:
        return Path(template).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"template {template} cannot be read: {error}", "name a network document"
        ) from None


def network_update(
    name: str,
    values: Mapping[str, str | Sequence[str]],
    *,
    removed_portgroups: Sequence[str],
    autostart: bool | None,
    renew: bool,
    states: frozenset[State],
) -> Desired:
    """A change of a network. Raises UsageError for one that changes nothing."""
    name = word(name, "network")
    refuse_empty(values or removed_portgroups or renew or autostart is not None, "network")
    want = NetworkWant(
        name=name,
        intent=Intent.UPDATE,
        patch=_patch(name, values, "update-network"),
        running=None,
        autostart=autostart,
        renew=renew,
        guests=True,
        adds=True,
        removed_portgroups=tuple(removed_portgroups),
        states=states,
    )
    return Desired(networks=(want,))


def network_run(
    name: str,
    *,
    intent: Intent = Intent.UPDATE,
    running: bool = True,
    restart: bool = False,
    renew: bool = False,
    force: bool = False,
) -> Desired:
    """That a network runs, is restarted, stops or goes."""
    want = NetworkWant(
        name=word(name, "network"),
        intent=intent,
        patch=NetworkPatch(),
        running=running,
        restart=restart,
        renew=renew,
        force=force,
        guests=True,
    )
    return Desired(networks=(want,))


class _Client(Record):
    """Whom an address is for, as options say."""

    mac: Mac | None = None
    domain: str | None = None
    nic: str | None = None
    duid: str | None = None


_WHOSE = "whose address? Give DOMAIN[/NIC], a MAC, --duid or --hostname"


def address_desired(
    network: str,
    client: str | None,
    address: str | None,
    *,
    intent: Intent,
    duid: str | None,
    hostname: str | None,
    states: frozenset[State],
) -> Desired:
    """A reservation. Raises UsageError that lists every problem."""
    if address is None and client is not None and (duid or hostname) and is_address(client):
        client, address = None, client  # NETWORK ADDRESS --duid ...
    problems: list[Problem] = []
    about = About("network", word(network, "network"), field="addresses")
    known = _Client(duid=duid)
    try:
        known = _client(client, duid)
        if client is None and not duid and not hostname:
            problems.append(Problem(about, _WHOSE))
        if hostname is not None:
            check_dns_name(hostname, what="--hostname")
    except ValueError as error:
        problems.append(Problem(about, str(error)))
    if address is not None and not is_address(address):
        problems.append(Problem(about, f"{address!r} is no IP address"))
    if problems:
        raise usage_problems(problems, f"{Command('reserve-address', '--help')} shows an example")
    want = AddressWant(
        network=about.name,
        intent=intent,
        mac=known.mac,
        domain=known.domain,
        nic=known.nic,
        duid=known.duid,
        hostname=hostname,
        address=None if address is None else parse_address(address),
        states=states,
    )
    return Desired(addresses=(want,))


def _client(text: str | None, duid: str | None) -> _Client:
    """A MAC, a DUID (which has more bytes), or a domain with or without its nic."""
    if duid is not None:
        duid = parse_duid(duid)
    if text is None:
        return _Client(duid=duid)
    domain, nic = domain_and_nic(text)
    if nic is None:
        if text.count(":") > 5:
            return _Client(duid=parse_duid(text))
        try:
            return _Client(mac=Mac.parse(text), duid=duid)
        except ValueError:
            if text.count(":") == 5:  # meant as one
                raise
    return _Client(domain=domain, nic=nic, duid=duid)


def record_desired(
    network: str,
    values: Mapping[str, str | Sequence[str]],
    *,
    intent: Intent,
    states: frozenset[State],
) -> Desired:
    """A DNS record. Raises UsageError that lists every problem."""
    network = word(network, "network")
    record = build_record(values, complete=intent is Intent.CREATE)
    want = RecordWant(network=network, intent=intent, record=record, states=states)
    return Desired(records=(want,))
