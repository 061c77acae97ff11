"""Routes, what guests boot, and MTUs: what the host has in their way, and what is told of them."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest

from tests.unit.planner.networks.builders import document, host, lab
from tests.unit.planner.networks.test_checks import empty, listed
from vnetmgr.api.network_wants import network_creation, network_update
from vnetmgr.errors import ExitCode, VnetError
from vnetmgr.model.desired import Desired, Policy
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import HostRoute, HostRoutes
from vnetmgr.model.seen.served import Access, ServedFolder
from vnetmgr.planner import make_plan, scope_of

if TYPE_CHECKING:
    from vnetmgr.model.plan import Plan
    from vnetmgr.model.seen.observed import Observed

Values = dict[str, "str | list[str]"]

DHCP = (
    "<network><name>lab</name><bridge name='virbr7'/><ip address='10.0.0.1' prefix='24'>"
    "{}<dhcp><range start='10.0.0.100' end='10.0.0.199'/>{}</dhcp></ip>{}</network>"
)
BOOTED = DHCP.format("<tftp root='/srv'/>", "<bootp file='pxe.0'/>", "")
BOOT: Values = {"bootp": "pxe.0", "tftp_root": "/srv"}


def update(observed: Observed, values: Values) -> Plan:
    return make_plan(wanted(values), observed, Policy())


def wanted(values: Values) -> Desired:
    return network_update(
        "lab", values, removed_portgroups=(), autostart=None, renew=False, states=frozenset()
    )


def create(observed: Observed, values: Values) -> Plan:
    desired = network_creation("lab", values, autostart=None, start=True, template=None)
    return make_plan(desired, observed, Policy())


def serving(observed: Observed, access: Access, file: Access = Access.OPEN) -> Observed:
    folder = ServedFolder(access=access, files={"pxe.0": file})
    return replace(observed, served={"/srv": folder})


@pytest.mark.parametrize(
    ("access", "says"),
    [
        (Access.MISSING, "directory /srv does not exist"),
        (Access.OTHER, "directory /srv is no directory"),
    ],
)
def test_a_directory_that_dnsmasq_would_end_at_is_refused(access: Access, says: str) -> None:
    with pytest.raises(VnetError) as caught:
        create(serving(empty(), access), BOOT)
    assert (caught.value.exit_code, listed(caught.value)) == (ExitCode.REFUSED, [says])


def test_a_directory_that_was_there_before_is_not_judged_until_it_is_needed() -> None:
    there = serving(host(lab(BOOTED)), Access.MISSING)
    assert update(there, {"bootp": "other"}).steps
    running = serving(host(lab(BOOTED, BOOTED)), Access.MISSING)
    with pytest.raises(VnetError, match="directory /srv does not exist"):
        update(running, {"bootp": "other"})


NOTES: list[tuple[Access, Access, Values, list[str]]] = [
    (Access.OPEN, Access.OPEN, BOOT, []),
    (Access.OPEN, Access.MISSING, BOOT, ["pxe.0 is not there in /srv"]),
    (Access.OPEN, Access.CLOSED, BOOT, ["pxe.0 may not be read by everybody in /srv"]),
    (Access.OPEN, Access.MISSING, {**BOOT, "bootp": "pxe.0,server=10.0.0.9"}, []),
    (Access.OPEN, Access.MISSING, {"bootp": "http://10.0.0.9/x"}, []),
    (Access.OPEN, Access.MISSING, {"tftp_root": "/srv"}, []),
    (
        *(Access.CLOSED, Access.OPEN, BOOT),
        [
            "/srv may not be read by everybody, and dnsmasq runs without root's rights: unless its "
            "user may, the network does not start"
        ],
    ),
    (
        *(Access.UNSEEN, Access.OPEN, BOOT),
        ["/srv may not be looked at from here: whether it can be served was not checked"],
    ),
    (
        Access.OPEN,
        Access.OPEN,
        {"bootp": "pxe.0"},
        ["guests ask it for pxe.0, and it serves nothing: give tftp_root, or bootp a server"],
    ),
]


@pytest.mark.parametrize(("folder", "file", "values", "says"), NOTES)
def test_what_is_told_of_what_is_served(
    folder: Access, file: Access, values: Values, says: list[str]
) -> None:
    notes = create(serving(empty(), folder, file), values).notes
    assert notes == tuple(f"network lab: {each}" for each in says)


def test_what_cannot_be_seen_from_here_is_told_as_not_looked_at() -> None:
    far = replace(host(lab(DHCP.format("", "", ""))), routes=None)
    notes = update(far, {**BOOT, "route": "10.9.0.0/16,via=10.0.0.2"}).notes
    assert notes == (
        "network lab: its routes are those of host, which were not looked at",
        "network lab: /srv is a directory of host, which was not looked at",
    )


def test_what_is_looked_at() -> None:
    scope = scope_of(wanted(BOOT))
    assert (scope.tftp_roots, scope.boot_files) == (("/srv",), ("pxe.0",))
    scope = scope_of(wanted({"bootp": "none", "tftp_root": "none"}))
    assert (scope.tftp_roots, scope.boot_files) == ((), ())


ROUTES = HostRoutes(
    routes=(
        HostRoute(network=ip_network("10.9.0.0/16"), link="eth0"),
        HostRoute(network=ip_network("10.8.0.0/16"), link="virbr7"),
        HostRoute(network=ip_network("10.7.0.1/32"), link="eth0", is_address=True),
        HostRoute(network=ip_network("fd09::/48"), link="eth0"),
    ),
    default_links=("eth0",),
)


@pytest.mark.parametrize(
    ("route", "says"),
    [
        ("10.9.0.0/16,via=10.0.0.2", "this host has one already (eth0)"),
        ("10.8.0.0/16,via=10.0.0.2", None),  # by its own bridge
        ("10.9.1.0/24,via=10.0.0.2", None),
        ("10.7.0.1/32,via=10.0.0.2", None),
        ("fd09::/48,via=fd00::2", None),
        ("0.0.0.0/0,via=10.0.0.2", "this host has a default route already (eth0)"),
        ("10.6.0.0/16,via=10.0.0.2", "that is network other's own subnet"),
    ],
)
def test_a_route_that_libvirt_would_not_start_with_is_refused(route: str, says: str | None) -> None:
    ip = "<ip address='10.6.0.1' prefix='16'/>"
    other = lab(f"<network><name>other</name><bridge name='o'/>{ip}</network>")
    observed = replace(host(lab(document()), replace(other, key="other")), routes=ROUTES)
    if says is None:
        assert update(observed, {"route": route}).steps
        return
    with pytest.raises(VnetError) as caught:
        update(observed, {"route": route})
    assert caught.value.exit_code is ExitCode.REFUSED
    assert listed(caught.value) == [f"route {route}: {says}"]


@pytest.mark.parametrize(
    ("addresses", "is_told"),
    [("10.7.0.1", False), ("10.7.0.0-10.7.0.9", False), ("10.7.0.2-10.7.0.9", True)],
)
def test_addresses_of_nat_that_the_host_has_not_are_told(addresses: str, is_told: bool) -> None:  # noqa: FBT001
    notes = update(replace(host(lab(document())), routes=ROUTES), {"nat_address": addresses}).notes
    assert any("this host has no address there" in note for note in notes) is is_told


@pytest.mark.parametrize("option", ["option:mtu,1300", "26,1300"])
def test_an_mtu_that_dhcp_options_say_is_told(option: str) -> None:
    notes = create(empty(), {"mtu": "1400", "dhcp_option": [option, "3,10.0.0.1"]}).notes
    assert notes == (
        f"network lab: DHCP tells guests not 1400 but what dhcp_options says: {option}",
    )
    assert create(empty(), {"dhcp_option": option}).notes == ()


def test_its_own_default_route_is_not_in_its_way() -> None:
    route = "<route address='0.0.0.0' prefix='0' gateway='10.0.0.2'/>"
    there = host(lab(DHCP.format("", "", route)))
    routes = HostRoutes(default_links=("virbr7",))
    values: Values = {"route": "0.0.0.0/0,via=10.0.0.3"}
    assert update(replace(there, routes=routes), values).steps


ROUTED = DHCP.format("", "", "<route address='10.9.0.0' prefix='16' gateway='10.0.0.2'/>")


@pytest.mark.parametrize(
    ("xml", "values", "problems"),
    [
        (
            DHCP.format("", "", ""),
            {"no_dhcp": "yes", "bootp": "f"},
            ["--bootp: DHCP tells guests what to boot, and the network has none for IPv4"],
        ),
        (
            DHCP.format("", "", ""),
            {"subnet": "none", "tftp_root": "none"},
            [],
        ),
        (
            BOOTED,
            {"subnet": "none"},
            [
                "bootp pxe.0 goes with its subnet; --bootp none says so",
                "tftp_root /srv goes with its subnet; --tftp-root none says so",
            ],
        ),
        (BOOTED, {"subnet": "none", "bootp": "none", "tftp_root": "none"}, []),
        (BOOTED, {"subnet": "10.1.0.0/24"}, []),
        (
            ROUTED,
            {"subnet": "10.1.0.0/24"},
            ["route 10.9.0.0/16,via=10.0.0.2: 10.0.0.2 is in none of the subnets (10.1.0.0/24)"],
        ),
        (
            ROUTED,
            {"subnet": "none"},
            ["route 10.9.0.0/16,via=10.0.0.2: 10.0.0.2 is in none of the subnets (it has none)"],
        ),
        (ROUTED, {"subnet": "none", "route": "none"}, []),
        (
            ROUTED,
            {"gateway": "10.0.0.2"},
            ["route 10.9.0.0/16,via=10.0.0.2: 10.0.0.2 is the host's own address"],
        ),
        (
            "<network><name>lab</name><ip family='ipv6' address='fd00::1' prefix='64'/></network>",
            {"tftp_root": "/srv", "bootp": "f"},
            [
                "--bootp: DHCP tells guests what to boot, and the network has none for IPv4",
                "--tftp-root: libvirt serves IPv4 alone, and the network has no such subnet",
            ],
        ),
    ],
)
def test_what_hangs_on_an_address_does_not_go_unasked(
    xml: str, values: Values, problems: list[str]
) -> None:
    observed = host(lab(xml))
    if not problems:
        assert update(observed, values).steps
        return
    with pytest.raises(VnetError) as caught:
        update(observed, values)
    assert listed(caught.value) == problems


def test_dhcp_does_not_end_under_what_guests_boot() -> None:
    with pytest.raises(VnetError, match="drop <bootp> as well") as caught:
        update(host(lab(BOOTED)), {"no_dhcp": "yes"})
    assert "vnetmgr update-network lab --bootp none" in str(caught.value.hint)
    assert update(host(lab(BOOTED)), {"no_dhcp": "yes", "bootp": "none"}).steps


@pytest.mark.parametrize("ports", ["1024-65535", "none"])
def test_the_ports_that_libvirt_takes_by_itself_are_of_no_account(ports: str) -> None:
    live = document().replace(
        "<forward mode='nat'/>",
        "<forward mode='nat'><nat><port start='1024' end='65535'/></nat></forward>",
    )
    assert update(host(lab(document(), live)), {"nat_port": ports}).steps == ()
