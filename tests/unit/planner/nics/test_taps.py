"""Which nics are on a network, which have lost it, and how they get back."""

from __future__ import annotations

import pytest

from tests.unit.planner.builders import LINKS, domain, domain_xml, nic_xml, observed
from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.model.network import Network, NetworkMode, Portgroup, SeenNetwork
from vnetmgr.model.nic import Mode, Source
from vnetmgr.model.record import replace
from vnetmgr.model.seen.guests import Guest, foreign_ports, guests_of, is_orphan, orphans_of
from vnetmgr.model.seen.observed import Links, Observed
from vnetmgr.model.values import Bandwidth, Rate
from vnetmgr.model.writes import UnplugPort
from vnetmgr.planner.nics.taps import flap, replug, stale_change, stale_guests, strays_of

LAB = "<source network='lab'/>"
LIVE_LAB = "<source network='lab' portid='p1' bridge='virbr0'/>"
LIVE_HOP = "<source network='vnetmgr-hop-lab' portid='p2' bridge='vnetmgr-hop0'/>"
PLAIN = "<source bridge='virbr0'/>"
RATE = "<bandwidth><inbound average='125'/></bandwidth>"
FAR = Links(bridges=frozenset({"virbr0"}), other_ports={"virbr0": ("c0",)})


def network(
    mode: NetworkMode = NetworkMode.NAT,
    *groups: Portgroup,
    active: bool = True,
    ports: frozenset[str] | None = None,
    isolated_ports: bool | None = None,
) -> SeenNetwork:
    """The network lab on virbr0."""
    found = Network(
        name="lab", mode=mode, bridge="virbr0", portgroups=groups, isolated_ports=isolated_ports
    )
    live = found if active else None
    return SeenNetwork(key="lab", autostart=True, config=found, live=live, ports=ports)


def around(links: Links, *networks: SeenNetwork) -> Observed:
    """A host with these links."""
    return replace(observed(networks=networks), links=links)


def here(**ports: str) -> Links:
    """This machine's links: tap -> bridge."""
    return replace(LINKS, ports=ports)


def host(
    seen: SeenNetwork,
    config: str | None,
    live: str,
    *,
    kind: str = "network",
    extra: tuple[str, str] = ("", ""),
    links: Links | None = None,
) -> Observed:
    """A host with a running guest whose nic lan is vnet7."""
    nic = nic_xml(source=config, kind=kind, extra=extra[0]) if config else None
    documents = (
        None if nic is None else domain_xml(nic),
        domain_xml(nic_xml(source=live, kind=kind, target="vnet7", extra=extra[1])),
    )
    return replace(observed(domain(*documents), networks=(seen,)), links=links)


def guest(seen: SeenNetwork, there: Observed) -> Guest:
    """Its nic on the network."""
    (found,) = guests_of(seen, there)
    return found


ORPHANS = {
    "plugged in": (network(), LIVE_LAB, here(vnet7="virbr0"), False),
    "of no bridge": (network(), LIVE_LAB, here(), True),
    "of another bridge": (network(), LIVE_LAB, here(vnet7="br0"), True),
    "of no bridge, with a record": (
        network(ports=frozenset({"p1"})),
        LIVE_LAB,
        here(),
        True,
    ),
    "on the hop network": (network(), LIVE_HOP, here(vnet7="vnetmgr-hop0"), True),
    "on the hop network, afar": (network(), LIVE_HOP, FAR, True),
    "afar, without a record": (network(ports=frozenset()), LIVE_LAB, FAR, True),
    "afar, with a record": (network(ports=frozenset({"p1"})), LIVE_LAB, FAR, None),
    "afar, records not asked for": (network(), LIVE_LAB, FAR, None),
    "a host bridge, without a record": (
        network(NetworkMode.BRIDGE, ports=frozenset()),
        LIVE_LAB,
        FAR,
        None,
    ),
    "a host bridge here": (network(NetworkMode.BRIDGE), LIVE_LAB, here(vnet7="virbr0"), False),
    "names the bridge": (network(), PLAIN, here(), True),
    "names the bridge, afar": (network(ports=frozenset()), PLAIN, FAR, None),
    "stopped": (network(active=False), LIVE_LAB, FAR, True),
    "stopped, a host bridge": (network(NetworkMode.BRIDGE, active=False), LIVE_LAB, FAR, False),
}


@pytest.mark.parametrize(
    ("seen", "source", "links", "expected"), ORPHANS.values(), ids=ORPHANS.keys()
)
def test_orphans(seen: SeenNetwork, source: str, links: Links, expected: bool | None) -> None:  # noqa: FBT001
    kind = "bridge" if source == PLAIN else "network"
    nic = read_nic(nic_xml(source=source, kind=kind, target="vnet7"))
    assert is_orphan(nic, around(links), seen) is expected
    there = host(seen, LAB if kind == "network" else PLAIN, source, kind=kind, links=links)
    assert bool(orphans_of(seen, there)) is bool(expected)


def test_what_has_no_tap_has_nothing_to_lose() -> None:
    nic = read_nic(nic_xml(source=LIVE_LAB, kind="network"))
    assert is_orphan(nic, around(here()), network()) is False


def test_a_switch_of_its_own_kind_is_not_judged_by_linux_bridges() -> None:
    switch = "<virtualport type='openvswitch'/>"
    nic = read_nic(nic_xml(source=LIVE_LAB, kind="network", target="vnet7", extra=switch))
    unseen = replace(here(), switches=None)
    assert is_orphan(nic, around(unseen), network()) is None
    # Open vSwitch is asked, and has it nowhere.
    assert is_orphan(nic, around(here()), network()) is True


def test_a_networks_start_puts_nothing_on_open_vswitch() -> None:
    lab = network()
    switched = replace(lab, config=replace(lab.any, virtualport="openvswitch"))
    there = {
        seen: host(seen, LAB, LIVE_LAB, kind="network", links=here()) for seen in (lab, switched)
    }
    assert [bool(orphans_of(seen, its)) for seen, its in there.items()] == [True, False]


def test_the_guests_of_a_network_are_those_that_run_on_it_or_its_bridge_old_or_new() -> None:
    seen = network()
    assert seen.config is not None
    moved = replace(seen, config=replace(seen.config, bridge="virbr9"))
    nics = [
        nic_xml(
            name, kind=kind, source=source, target=f"vnet{number}", mac=f"52:54:00:0:0:{number}"
        )
        for number, (name, kind, source) in enumerate(
            (
                ("a", "network", LIVE_LAB),
                ("b", "network", LIVE_HOP),
                ("c", "bridge", PLAIN),
                ("d", "bridge", "<source bridge='virbr9'/>"),
                ("e", "bridge", "<source bridge='br0'/>"),
                ("f", "network", "<source network='other' bridge='virbr0'/>"),
                ("g", "network", "<source network='vnetmgr-hop-labor' bridge='virbr0'/>"),
            )
        )
    ]
    there = observed(domain(domain_xml(*nics), domain_xml(*nics)), networks=(moved,))
    assert [each.label for each in guests_of(moved, there)] == [f"vm1/{name}" for name in "abcd"]
    off = observed(domain(domain_xml(*nics)), networks=(moved,))
    assert guests_of(moved, off) == []


def test_on_a_host_bridge_the_others_on_it_are_not_the_networks() -> None:
    seen = network(NetworkMode.BRIDGE)
    assert guests_of(seen, host(seen, PLAIN, PLAIN, kind="bridge")) == []


GIVES = network(NetworkMode.NAT, Portgroup(name="all", default=True, inbound=Bandwidth(Rate(125))))
BACK = {
    "nothing": (GIVES, LAB, LIVE_LAB, ("", ""), False),
    "the network's": (GIVES, LAB, LIVE_LAB, ("", RATE), False),
    "its own": (GIVES, LAB, LIVE_LAB, (RATE, RATE), True),
    "only the running nic's": (network(), LAB, LIVE_LAB, ("", RATE), True),
    "another than the network's": (
        network(NetworkMode.NAT, Portgroup(name="all", default=True, inbound=Bandwidth(Rate(250)))),
        LAB,
        LIVE_LAB,
        ("", RATE),
        True,
    ),
    "the network's, without a config": (GIVES, None, LIVE_LAB, ("", RATE), False),
}


@pytest.mark.parametrize(
    ("seen", "config", "live", "extra", "kept"), BACK.values(), ids=BACK.keys()
)
def test_what_a_nic_has_from_its_network_it_gets_anew(
    seen: SeenNetwork,
    config: str | None,
    live: str,
    extra: tuple[str, str],
    kept: bool,  # noqa: FBT001
) -> None:
    found = guest(seen, host(seen, config, live, extra=extra))
    write = replug("lab", [found], former=seen.live)
    assert (write.network, write.hop) == ("lab", "vnetmgr-hop-lab")
    (tap,) = write.taps
    away, back = read_nic(tap.away), read_nic(tap.back)
    assert (tap.domain, tap.label) == ("vm1", "lan")
    assert away.source == Source(Mode.NETWORK, "vnetmgr-hop-lab")
    assert back.source == Source(Mode.NETWORK, "lab")
    assert back.inbound == (Bandwidth(Rate(125)) if kept else None)
    assert (away.mac, away.name, away.target) == (back.mac, back.name, back.target)


@pytest.mark.parametrize(
    ("config", "extra", "kept"),
    [(LAB, ("", RATE), False), (LAB, (RATE, RATE), True), (None, ("", RATE), True)],
)
def test_anew_a_nic_keeps_only_what_its_config_says(
    config: str | None,
    extra: tuple[str, str],
    kept: bool,  # noqa: FBT001
) -> None:
    seen = network()
    found = guest(seen, host(seen, config, LIVE_LAB, extra=extra))
    (tap,) = replug("lab", [found], former=seen.live, stale=[found]).taps
    assert read_nic(tap.back).inbound == (Bandwidth(Rate(125)) if kept else None)


def test_isolation_from_the_network_goes_with_it() -> None:
    port = "<port isolated='yes'/>"
    seen = network(isolated_ports=True)
    found = guest(seen, host(seen, LAB, LIVE_LAB, extra=("", port)))
    (tap,) = replug("lab", [found], former=seen.live).taps
    assert read_nic(tap.back).isolated_port is None
    found = guest(seen, host(seen, LAB, LIVE_LAB, extra=(port, port)))
    (tap,) = replug("lab", [found], former=seen.live).taps
    assert read_nic(tap.back).isolated_port is True


@pytest.mark.parametrize(
    ("config", "kind", "home"),
    [
        (LAB, "network", Source(Mode.NETWORK, "lab")),
        (PLAIN, "bridge", Source(Mode.BRIDGE, "virbr0")),
        (None, "network", Source(Mode.NETWORK, "lab")),
        ("<source/>", "user", Source(Mode.NETWORK, "lab")),
    ],
)
def test_from_the_hop_network_a_nic_goes_where_its_config_says_or_the_networks_name(
    config: str | None, kind: str, home: Source
) -> None:
    seen = network()
    before = nic_xml(source=config, kind=kind) if config else None
    after = nic_xml(source=LIVE_HOP, kind="network", target="vnet7")
    there = observed(
        domain(domain_xml(before) if before else None, domain_xml(after)), networks=(seen,)
    )
    (tap,) = replug("lab", guests_of(seen, there), former=seen.live).taps
    assert read_nic(tap.back).source == home


def test_a_tap_on_another_bridge_is_taken_from_there_first() -> None:
    seen = network()
    for ports, expected in (
        ({"vnet7": "br0"}, [UnplugPort(bridge="br0", port="vnet7")]),
        ({"vnet7": "virbr0"}, []),
        ({}, []),
    ):
        links = here(**ports)
        found = guest(seen, host(seen, LAB, LIVE_LAB, links=links))
        assert list(strays_of([found], links)) == expected
    assert list(strays_of([guest(seen, host(seen, LAB, LIVE_LAB, links=FAR))], FAR)) == []


def test_stale_are_nics_whose_portgroup_says_something_else_by_now() -> None:
    seen = network(
        NetworkMode.NAT, Portgroup(name="all", default=True, inbound=Bandwidth(Rate(250)))
    )
    assert seen.live is not None
    for extra, stale in ((("", RATE), True), (("", ""), True), ((RATE, RATE), False)):
        found = guest(seen, host(seen, LAB, LIVE_LAB, extra=extra))
        assert list(stale_guests([found], seen.live)) == ([found] if stale else [])
    change = stale_change(guest(seen, host(seen, LAB, LIVE_LAB, extra=("", RATE))), seen.live)
    (field,) = change.fields
    assert (field.field, field.before, field.after) == ("inbound", "1mbit", "2mbit")
    assert not list(stale_guests([found], Network(name="lab", mode=NetworkMode.NAT)))


def test_a_link_that_is_down_is_not_flapped() -> None:
    seen = network()
    up = guest(seen, host(seen, LAB, LIVE_LAB))
    down = guest(seen, host(seen, LAB, LIVE_LAB, extra=("", "<link state='down'/>")))
    assert [link.label for link in flap("lab", [up]).links] == ["lan"]
    assert flap("lab", [down]).links == ()


@pytest.mark.parametrize(
    ("seen", "links", "expected"),
    [
        (network(), here(vnet7="virbr0", c0="virbr0", c1="br0"), ("c0",)),
        (network(), here(vnet7="virbr0", **{"virbr0-nic": "virbr0"}), ()),
        (network(), FAR, ("c0",)),
        (network(), None, ()),
        (network(active=False), here(c0="virbr0"), ()),
        (network(NetworkMode.BRIDGE), here(c0="virbr0"), ()),
    ],
)
def test_foreign_ports(seen: SeenNetwork, links: Links | None, expected: tuple[str, ...]) -> None:
    assert foreign_ports(seen, host(seen, LAB, LIVE_LAB, links=links)) == expected
