"""What is there: libvirt's side from the host, this machine's side from local."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

from vnetmgr.errors import RefusedError, VnetError
from vnetmgr.local.templates import edited_template, read_template, refuse_other
from vnetmgr.model.nic import OPENVSWITCH, Mode
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import EVERY, Scope
from vnetmgr.model.sources import ON_LINKS
from vnetmgr.printable import shell_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.host.connect import Host
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.seen.observed import Links, Observed
    from vnetmgr.model.seen.served import ServedFolder


def observe(host: Host, scope: Scope) -> Observed:
    """Everything within the scope. The host's own links are read here when libvirt is local."""
    observed = replace(host.observe(scope), now_s=time())
    if (scope.links or scope.taps) and host.is_local:
        links = _links(scope)
        if observed.features.session:
            from vnetmgr.local.bridge_conf import allowed_bridges

            links = replace(links, session_bridges=allowed_bridges(links.bridges))
        observed = replace(observed, links=links)
    if scope.vlans and host.is_local:
        observed = _with_vlans(observed, scope)
    of_these = scope.routes_of_these and _is_on_a_link(observed)
    if (scope.routes or of_these) and host.is_local:
        from vnetmgr.local.routes import read_routes

        observed = replace(observed, routes=read_routes())
    if host.is_local and observed.features.host_links:
        observed = _with_helpers(observed, scope)
    if scope.overlays or scope.joins is not None:
        observed = _with_overlays(host, observed, scope)
    if scope.host_devices and host.is_local:
        from vnetmgr.local.pci import read_host_devices

        observed = replace(observed, host_devices=read_host_devices())
    if scope.forwards or (scope.forwards_of_these and any(d.forwards for d in observed.domains)):
        observed = with_rules(host, observed, scope.forward_ports)
    return _with_templates(observed, scope) if scope.templates else observed


def _with_templates(observed: Observed, scope: Scope) -> Observed:
    templates = {name: read_template(name) for name in scope.templates}
    for name, text in templates.items():
        kind = name.partition("/")[0]
        tag = "interface" if kind == "nic" else kind
        refuse_other(text, tag=tag, origin=edited_template(name))
    return replace(observed, templates=templates)


def _is_on_a_link(observed: Observed) -> bool:
    nics = (
        nic for each in observed.domains for seen in each.nics for nic in (seen.config, seen.live)
    )
    return any(nic is not None and nic.source.mode in ON_LINKS for nic in nics)


def _with_overlays(host: Host, observed: Observed, scope: Scope) -> Observed:
    """With what OVN has, where a network is an overlay, or is to be."""
    if scope.joins is not None:
        from vnetmgr.engine.chassis import with_joining

        observed = with_joining(host, observed, scope.joins)
    if not scope.overlays:
        return observed
    observed = _with_their_networks(host, observed)
    lost = any(observed.network(name) is None for name in scope.lost_overlays)
    if not (scope.new_overlays or lost or _meets_overlay(observed, scope)):
        return observed
    from vnetmgr.engine.northbound import observe_overlays, settings_for

    if host.is_local and observed.features.host_links:
        from vnetmgr.engine.chassis import with_chassis

        observed = with_chassis(observed)
    elif not (host.is_local or scope.briefly):  # lists go by none of it
        from vnetmgr.engine.chassis import with_chassis_afar

        observed = with_chassis_afar(observed, settings_for(host, scope.ovn))
    observed = observe_overlays(host, observed, scope.ovn, briefly=scope.briefly)
    if scope.ways_out:
        from vnetmgr.engine.chassis import with_hosts

        observed = with_hosts(observed, scope.ways_out, settings_for(host, scope.ovn))
    return observed


def _nics(domains: Iterable[SeenDomain]) -> Iterator[Nic]:
    for domain in domains:
        for seen in domain.nics:
            yield from (nic for nic in (seen.config, seen.live) if nic is not None)


def _with_their_networks(host: Host, observed: Observed) -> Observed:
    """With the networks on Open vSwitch that nics are on, where none were to be looked at."""
    names = dict.fromkeys(
        nic.source.name
        for nic in _nics(observed.domains)
        if nic.virtualport == OPENVSWITCH and nic.source.mode is Mode.NETWORK and nic.source.name
    )
    missing = tuple(name for name in names if observed.network(name) is None)
    if not missing:
        return observed
    found = host.observe(Scope(networks=missing)).networks
    return replace(observed, networks=(*observed.networks, *found))


def _meets_overlay(observed: Observed, scope: Scope) -> bool:
    """Whether something of an overlay matters: else its database is not asked, which may not
    answer."""
    overlays = {each.name for each in observed.overlays}
    if EVERY in scope.of_overlays or not overlays:
        return bool(overlays)
    named = {*scope.domains, *scope.optional_domains}
    nics = _nics(each for each in observed.domains if each.name in named)
    on = {nic.source.name for nic in nics if nic.source.mode is Mode.NETWORK}
    return not overlays.isdisjoint((*scope.of_overlays, *on))


def _with_helpers(observed: Observed, scope: Scope) -> Observed:
    """With what else of this machine serves networks: firewalld's zones, and files to boot."""
    if scope.zones:
        from vnetmgr.local.services import read_zones

        observed = replace(observed, zones=read_zones())
    if scope.tftp_roots or scope.boot_files:
        observed = replace(observed, served=_served(scope, observed))
    if scope.resolver and not _tells_a_resolver():
        # libvirt's half is of no use then: it takes the setting, and does not start the network.
        observed = replace(observed, features=replace(observed.features, register_names=False))
    return observed


def _tells_a_resolver() -> bool:
    from vnetmgr.local.services import has_resolved

    return has_resolved()


def _served(scope: Scope, observed: Observed) -> dict[str, ServedFolder]:
    from vnetmgr.local.served import read_served

    states = [state for each in observed.networks for state in (each.config, each.live) if state]
    roots = {state.tftp_root for state in states if state.tftp_root is not None}
    files = {state.bootp.file for state in states if state.bootp is not None}
    return read_served({*roots, *scope.tftp_roots}, {*files, *scope.boot_files})


def _with_vlans(observed: Observed, scope: Scope) -> Observed:
    """With what this kernel, and the bridges here, do with VLANs."""
    from vnetmgr.local.links import filters_vlans

    if filters_vlans() is False:
        # libvirt's half is of no use then: it takes the VLAN, and the kernel refuses the port.
        features = replace(
            observed.features, vlan_on_linux_bridge=False, bridges_filter_vlans=False
        )
        return replace(observed, features=features)
    if not scope.tags or not observed.features.vlan_on_linux_bridge or observed.links is None:
        return observed
    from vnetmgr.local.bridge_vlans import with_bridge_vlans

    return replace(observed, links=with_bridge_vlans(observed.links))


def _links(scope: Scope) -> Links:
    from vnetmgr.local.links import has_switches, links_down, read_links

    links = read_links()
    if scope.under_guests:
        links = replace(links, down=links_down(scope.under_guests))
    if has_switches():
        from vnetmgr.local.openvswitch import with_switches

        links = with_switches(links)
    if scope.routes or not links.bridges.issuperset(scope.bridges):
        from vnetmgr.local.link_setup import read_link_setup

        links = replace(links, setup=read_link_setup(links))
    return links


def with_rules(host: Host, observed: Observed, ports: tuple[int, ...] = ()) -> Observed:
    """With this machine's side of port forwards, where libvirt's is here, and who listens on their
    ports of the host and on some more."""
    if not host.is_local or not observed.features.host_links:
        unseen = RefusedError(
            f"port forwards are rules of {observed.host} itself, and not to be had over {host.uri}",
            "run vnetmgr on that host: install it there, and reach it by qemu+ssh:// in the hosts "
            f"file, or as by: ssh {shell_word(observed.host)} vnetmgr ...",
        )
        return _settled(replace(observed, rules_unseen=unseen, rules_elsewhere=True))
    from vnetmgr.local.firewall.localnet import read_localnet
    from vnetmgr.local.firewall.own_table import has_rules

    some = bool(ports) or any(each.forwards for each in observed.domains)
    localnet = read_localnet()
    # What is left behind counts, too; most hosts have nothing.
    if not some and not localnet and not has_rules():
        return observed
    from vnetmgr.local.firewall.rules import read_rules

    forwards = [forward for domain in observed.domains for forward in domain.forwards]
    try:
        rules = read_rules({*ports, *(port for each in forwards for port in each.host_ports)})
    except VnetError as error:
        return _settled(replace(observed, rules_unseen=error))
    rules = replace(
        rules,
        localnet=localnet & _own_bridges(host) if localnet else frozenset(),
        localnet_everywhere="all" in localnet,
    )
    return _settled(replace(observed, rules=rules))


def _settled(observed: Observed) -> Observed:
    """With each forward at the domain that it is of."""
    from vnetmgr.planner.forwards.claims import settle_claims

    return settle_claims(observed)


def _own_bridges(host: Host) -> frozenset[str]:
    """The bridges that libvirt has made, for networks that nothing else is asked of as well. One
    that is off has none: a link of its bridge's name is somebody else's."""
    networks = host.observe(Scope(networks=(EVERY,))).networks
    live = (network.live for network in networks)
    return frozenset(each.bridge for each in live if each and each.has_own_bridge and each.bridge)
