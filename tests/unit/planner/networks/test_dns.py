"""What of a network's DNS goes together, what guests notice of it, and who tells the host."""

from __future__ import annotations

import pytest

from tests.unit.planner.networks.builders import document, host, lab, writes
from vnetmgr.api.network_wants import network_creation, network_update
from vnetmgr.errors import ExitCode, VnetError
from vnetmgr.local.templates import read_template
from vnetmgr.model.desired import Desired, Policy
from vnetmgr.model.network import SeenNetwork
from vnetmgr.model.plan import Disruption, Plan
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Features
from vnetmgr.planner import make_plan

NAS = "<host ip='10.0.0.5'><hostname>nas</hostname></host>"
FORWARDER = "<forwarder addr='10.0.0.53' domain='corp.test'/>"
PLAIN = document()
OFF = PLAIN.replace("<ip ", "<dns enable='no'/><ip ", 1)
USAGE, REFUSED = ExitCode.USAGE, ExitCode.REFUSED


def both(xml: str) -> SeenNetwork:
    return lab(xml, xml)


def updated(**values: str | list[str]) -> Desired:
    return network_update(
        "lab",
        values,
        removed_portgroups=(),
        autostart=None,
        renew=False,
        states=frozenset(),
    )


def planned(
    desired: Desired, network: SeenNetwork | None, *allow: str, features: Features | None = None
) -> Plan:
    there = host(*((network,) if network is not None else ()))
    templates = {"network/nat.xml": read_template("network/nat.xml")}
    there = replace(there, templates=templates, features=features or Features())
    return make_plan(desired, there, Policy(allow=frozenset(allow)))


REFUSALS = {
    "DNS off, where somebody has it": (
        updated(dns="off"),
        both(document(dns=FORWARDER + NAS)),
        USAGE,
        (
            "--dns-forwarder: does not go with --dns off (10.0.0.53,domain=corp.test)",
            "records: does not go with --dns off (host nas 10.0.0.5)",
        ),
    ),
    "a forwarder, where DNS is off": (
        updated(dns_forwarder="9.9.9.9"),
        both(OFF),
        USAGE,
        ("--dns-forwarder: does not go with --dns off (9.9.9.9)",),
    ),
    "local names of no domain": (
        updated(dns_local_only="yes"),
        both(PLAIN.replace("<domain name='lab.test'/>", "")),
        USAGE,
        ("--dns-local-only: needs --dns-domain",),
    ),
    "a network that asks itself": (
        updated(dns_forwarder=["9.9.9.9", "10.0.0.1,domain=x"]),
        both(PLAIN),
        USAGE,
        ("10.0.0.1 is the network's own address: it would ask itself",),
    ),
    "names on the host that others may answer": (
        updated(dns_local_only="no"),
        both(PLAIN.replace("/><ip", " localOnly='yes' register='yes'/><ip", 1)),
        USAGE,
        ("--register-names: needs --dns-local-only",),
    ),
    "names on a host that is not told": (
        updated(register_names="yes"),
        both(PLAIN),
        REFUSED,
        (
            "resolvectl dns virbr7 10.0.0.1 && resolvectl domain virbr7 '~lab.test'",
            "server=/lab.test/10.0.0.1",
        ),
    ),
    "no restart": (updated(dns_option="no-hosts"), both(PLAIN), REFUSED, ("needs a restart",)),
}


@pytest.mark.parametrize(
    ("want", "network", "code", "says"), REFUSALS.values(), ids=REFUSALS.keys()
)
def test_it_is_refused(
    want: Desired, network: SeenNetwork, code: ExitCode, says: tuple[str, ...]
) -> None:
    with pytest.raises(VnetError) as caught:
        planned(want, network)
    told = caught.value.message + "".join(each.text for each in caught.value.problems)
    assert caught.value.exit_code == code, told
    assert all(each in told for each in says), told


def test_what_does_not_go_together_and_was_there_before_is_no_obstacle() -> None:
    """libvirt keeps it; nothing of it is asked for."""
    odd = document(dns="<forwarder addr='10.0.0.1'/>")
    assert planned(updated(mtu="1400"), both(odd), "restart").changes


def test_names_on_the_host_are_those_of_a_domain_that_is_local_only() -> None:
    features = Features(register_names=True)
    plan = planned(updated(register_names="yes"), both(PLAIN), "restart", features=features)
    fields = {each.field: each.after for each in plan.changes[0].fields}
    assert fields == {"register_names": "yes", "dns_local_only": "yes"}
    assert plan.changes[0].disruption is Disruption.RESTART


NOTES = {
    "off": (updated(dns="off"), PLAIN, ["guests are given no DNS server"]),
    "off, without DHCP": (
        updated(dns="off"),
        document(ranges=False),
        ["guests are given no DNS server", "libvirt runs no dnsmasq for it"],
    ),
    "on": (updated(dns="on"), OFF, []),
}


@pytest.mark.parametrize(("want", "xml", "said"), NOTES.values(), ids=NOTES.keys())
def test_what_guests_notice(want: Desired, xml: str, said: list[str]) -> None:
    plan = planned(want, both(xml), "restart")
    assert writes(plan)[0] == "define"
    notes = [note for note in plan.notes if "DNS" in note]
    assert len(notes) == len(said)
    assert all(each in note for each, note in zip(said, notes, strict=True))


def test_a_new_network_without_dns() -> None:
    values = {"subnet": ["10.9.0.0/24"], "dns": "off"}
    desired = network_creation("lab", values, autostart=None, start=True, template=None)
    plan = planned(desired, None)
    assert [note for note in plan.notes if "no DNS server" in note]
    (change,) = plan.changes
    assert ("dns", "no") in [(each.field, each.after) for each in change.fields]


def test_dns_of_a_network_without_a_subnet_is_nobodys() -> None:
    """libvirt takes it, and runs no dnsmasq."""
    bare = "<network><name>lab</name><bridge name='virbr7'/><domain name='lab.test'/></network>"
    plan = planned(updated(dns_forwarder="9.9.9.9"), both(bare), "restart")
    unread = "it has no subnet, and so neither DNS nor DHCP: nobody reads its"
    assert plan.notes == (f"network lab: {unread} dns_forwarders",)
    plan = planned(updated(mtu="1400"), both(bare), "restart")
    assert not any("nobody reads" in note for note in plan.notes)
    there = "<network><name>lab</name><bridge name='virbr7'/><domain name='lab.test'/>"
    there += "<ip address='10.0.0.1' prefix='24'/></network>"
    plan = planned(updated(subnet="none"), both(there), "restart")
    assert f"network lab: {unread} dns_domain" in plan.notes
