"""DNS records as they are typed, against networks: what is done or refused."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.unit.planner.networks.builders import document, host, lab, writes
from vnetmgr.api.network_wants import record_desired
from vnetmgr.errors import ExitCode, VnetError
from vnetmgr.model.desired import Desired, Policy
from vnetmgr.model.intent import Intent
from vnetmgr.model.network import SeenNetwork
from vnetmgr.model.plan import Action, Disruption, Plan
from vnetmgr.model.record import replace
from vnetmgr.model.state import State
from vnetmgr.model.writes import DefineNetwork
from vnetmgr.planner import make_plan
from vnetmgr.problem import About

CONFIG, LIVE = frozenset({State.CONFIG}), frozenset({State.LIVE})
PLAIN = document()
HOST = "<host ip='10.0.0.5'><hostname>nas</hostname></host>"
TWO_NAMES = "<host ip='10.0.0.5'><hostname>nas</hostname><hostname>files</hostname></host>"
OTHER_HOST = "<host ip='10.0.0.6'><hostname>nas</hostname></host>"
TXT = "<txt name='t' value='v'/>"
A = "<srv service='ldap' protocol='tcp' target='a.lab.test' port='389'/>"
B = "<srv service='ldap' protocol='tcp' target='b.lab.test'/>"
# What libvirt finds as well when it looks for A, which leaves the domain out.
A_OF_D = "<srv service='ldap' protocol='tcp' domain='d' target='a.lab.test'/>"
ANYWHERE = "<srv service='ldap' protocol='tcp'/>"
ALIAS = (
    "<dnsmasq:options xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'>"
    "<dnsmasq:option value='cname=www.lab.test,nas.lab.test'/></dnsmasq:options></network>"
)
WITH_ALIAS = PLAIN.replace("</network>", ALIAS)
WITH_WILDCARD = WITH_ALIAS.replace("cname=www.lab.test,nas.lab.test", "address=/apps.lab/10.0.0.5")
BOTH_FAMILIES = WITH_WILDCARD.replace(
    "</dnsmasq:options>",
    "<dnsmasq:option value='address=/apps.lab/fd00::5'/></dnsmasq:options>",
)


def has(*records: str) -> SeenNetwork:
    """The network with these records in both states."""
    xml = document(dns="".join(records))
    return lab(xml, xml)


def typed(
    text: str, *, intent: Intent = Intent.CREATE, states: frozenset[State] = frozenset()
) -> Desired:
    """`add-dns-record lab --key value ...`, without the dashes."""
    words = text.split()
    values = dict(zip(words[::2], words[1::2], strict=True))
    return record_desired("lab", values, intent=intent, states=states)


def removed(text: str, *, states: frozenset[State] = frozenset()) -> Desired:
    return typed(text, intent=Intent.REMOVE, states=states)


def planned(desired: Desired, network: SeenNetwork | None = None, *allow: str) -> Plan:
    seen = lab(PLAIN, PLAIN) if network is None else network
    return make_plan(desired, host(seen), Policy(allow=frozenset(allow)))


BRIDGED = lab("<network><name>lab</name><forward mode='bridge'/><bridge name='br0'/></network>")
BARE = lab("<network><name>lab</name><bridge name='virbr7'/></network>")
USAGE, REFUSED, FAILED = ExitCode.USAGE, ExitCode.REFUSED, ExitCode.FAILED
ON, OFF = lab(PLAIN, PLAIN), lab(PLAIN)
REFUSALS = {
    "a text with another value": (
        typed("txt t value w"),
        has(TXT),
        REFUSED,
        "network lab has the record txt t 'v' already",
    ),
    "a text with another value in config only": (
        typed("txt t value w"),
        lab(document(dns=TXT), PLAIN),
        REFUSED,
        "txt t 'v'",
    ),
    "a service with another port": (
        typed("srv ldap target a.lab.test port 636"),
        has(A),
        REFUSED,
        "srv _ldap._tcp a.lab.test:389",
    ),
    "an alias of something else": (
        typed("cname www.lab.test target b.lab.test"),
        lab(WITH_ALIAS),
        REFUSED,
        "cname www.lab.test nas.lab.test",
    ),
    "an alias without a restart": (
        typed("cname www.lab.test target nas.lab.test"),
        ON,
        REFUSED,
        "cname www.lab.test nas.lab.test [restart] needs a restart of the network",
    ),
    "an alias's removal without a restart": (
        removed("cname www.lab.test"),
        lab(WITH_ALIAS, WITH_ALIAS),
        REFUSED,
        "cname www.lab.test [restart]",
    ),
    "a wildcard without a restart": (
        typed("wildcard *.apps.lab address 10.0.0.5"),
        ON,
        REFUSED,
        "wildcard *.apps.lab 10.0.0.5 [restart] needs a restart of the network",
    ),
    "no such wildcard to remove": (
        removed("wildcard *.apps.lab address 10.0.0.6"),
        lab(WITH_WILDCARD, WITH_WILDCARD),
        FAILED,
        "has no record wildcard *.apps.lab 10.0.0.6",
    ),
    "an alias live alone": (
        typed("cname www.lab.test target nas.lab.test", states=LIVE),
        ON,
        REFUSED,
        "cannot change while it runs",
    ),
    "a bridge network": (
        typed("txt t value v"),
        BRIDGED,
        USAGE,
        "network lab answers no DNS: it is bridge and has no subnet",
    ),
    "a network without a subnet": (typed("txt t value v"), BARE, USAGE, "isolated and has no"),
    "no such network": (typed("txt t value v"), replace(ON, key="x"), FAILED, "does not exist"),
    "live, where it is off": (typed("txt t value v", states=LIVE), OFF, REFUSED, "does not run"),
    "config, where it has none": (
        typed("txt t value v", states=CONFIG),
        lab(None, PLAIN),
        REFUSED,
        "is transient",
    ),
    "no such host to remove": (removed("host nas"), ON, FAILED, "has no record host nas"),
    "no such service to remove": (removed("srv ldap"), ON, FAILED, "has no record srv _ldap"),
    "no such text to remove": (removed("txt t"), ON, FAILED, "has no record txt t"),
    "a text with another value to remove": (
        removed("txt t value w"),
        has(TXT),
        FAILED,
        "has no record txt t 'w'",
    ),
    "no such alias to remove": (removed("cname www"), ON, FAILED, "has no record cname www"),
}


@pytest.mark.parametrize(
    ("want", "network", "code", "says"), REFUSALS.values(), ids=REFUSALS.keys()
)
def test_it_is_refused(want: Desired, network: SeenNetwork, code: ExitCode, says: str) -> None:
    with pytest.raises(VnetError) as caught:
        planned(want, network)
    assert (caught.value.exit_code, says in caught.value.message) == (code, True), (
        caught.value.message
    )
    assert "None" not in caught.value.message
    assert caught.value.hint


@dataclass(frozen=True)
class Doing:
    """What is done."""

    want: Desired
    writes: list[str]
    network: SeenNetwork = ON
    note: str = ""


def update(command: str, element: str, *, states: str = "config+live") -> str:
    section = element[1:].partition(" ")[0]
    if (command, section) == ("delete", "host"):
        element = element.partition(">")[0] + "/>"  # by its address: a name may be another's, too
    return f"{states}: {command} dns-{section} {element}"


DOINGS = {
    "a host": Doing(typed("host nas address 10.0.0.5"), [update("add", HOST)]),
    "a host elsewhere": Doing(
        typed("host far address 198.51.100.7"),
        [update("add", "<host ip='198.51.100.7'><hostname>far</hostname></host>")],
    ),
    "an IPv6 host": Doing(
        typed("host nas address fd00::5"),
        [update("add", "<host ip='fd00::5'><hostname>nas</hostname></host>")],
    ),
    "a second name of an address": Doing(
        typed("host files address 10.0.0.5"),
        [update("delete", HOST), update("add", TWO_NAMES)],
        network=has(HOST),
    ),
    "a second address of a name": Doing(
        typed("host nas address 10.0.0.6"), [update("add", OTHER_HOST)], network=has(HOST)
    ),
    "one name of two goes": Doing(
        removed("host files"),
        [update("delete", TWO_NAMES), update("add", HOST)],
        network=has(TWO_NAMES),
    ),
    "one address of a name goes": Doing(
        removed("host nas address 10.0.0.6"),
        [update("delete", OTHER_HOST)],
        network=has(HOST, OTHER_HOST),
    ),
    "a text": Doing(typed("txt t value v"), [update("add", TXT)]),
    "a text goes by its name": Doing(removed("txt t"), [update("delete", TXT)], network=has(TXT)),
    "a service": Doing(typed("srv ldap target a.lab.test port 389"), [update("add", A)]),
    "a second target of a service": Doing(
        typed("srv ldap target b.lab.test"), [update("add", B)], network=has(A)
    ),
    "one target of two goes": Doing(
        removed("srv ldap target b.lab.test"), [update("delete", B)], network=has(A, B)
    ),
    "all of a service go by its name": Doing(
        removed("srv ldap"), [update("delete", A), update("delete", B)], network=has(A, B)
    ),
    "another protocol's stays": Doing(
        removed("srv ldap protocol udp"),
        [update("delete", B.replace("tcp", "udp"))],
        network=has(A, B.replace("tcp", "udp")),
    ),
    "once is enough": Doing(
        typed("txt t value v"), [], network=has(TXT), note="has the record txt t 'v' already"
    ),
    "what only config has is completed": Doing(
        typed("txt t value v"),
        [update("add", TXT, states="live")],
        network=lab(document(dns=TXT), PLAIN),
    ),
    "what only the running network has is completed": Doing(
        typed("host nas address 10.0.0.5"),
        [update("add", HOST, states="config")],
        network=lab(PLAIN, document(dns=HOST)),
    ),
    "what only config has goes": Doing(
        removed("txt t"),
        [update("delete", TXT, states="config")],
        network=lab(document(dns=TXT), PLAIN),
    ),
    "config alone": Doing(
        typed("txt t value v", states=CONFIG), [update("add", TXT, states="config")]
    ),
    "live alone": Doing(typed("txt t value v", states=LIVE), [update("add", TXT, states="live")]),
    "a transient network": Doing(
        typed("txt t value v"), [update("add", TXT, states="live")], network=lab(None, PLAIN)
    ),
    "a network that is off": Doing(typed("txt t value v"), ["define"], network=OFF),
    "an alias in a network that is off": Doing(
        typed("cname www.lab.test target nas.lab.test"), ["define"], network=OFF
    ),
    "an alias for later": Doing(
        typed("cname www.lab.test target nas.lab.test", states=CONFIG), ["define"]
    ),
    "an alias that is there": Doing(
        typed("cname www.lab.test target nas.lab.test"),
        [],
        network=lab(WITH_ALIAS, WITH_ALIAS),
        note="already",
    ),
    "a wildcard for later": Doing(
        typed("wildcard *.apps.lab address 10.0.0.5", states=CONFIG), ["define"]
    ),
    "a wildcard that is there": Doing(
        typed("wildcard *.apps.lab address 10.0.0.5"),
        [],
        network=lab(WITH_WILDCARD, WITH_WILDCARD),
        note="has the record wildcard *.apps.lab 10.0.0.5 already",
    ),
    "all addresses of a wildcard go by its name": Doing(
        removed("wildcard *.apps.lab", states=CONFIG),
        ["define"],
        network=lab(BOTH_FAMILIES, WITH_WILDCARD),
    ),
}


@pytest.mark.parametrize("row", DOINGS.values(), ids=DOINGS.keys())
def test_it_is_done(row: Doing) -> None:
    plan = planned(row.want, row.network)
    assert writes(plan) == row.writes
    assert [row.note in note for note in plan.notes] == ([True] if row.note else [])
    assert len(plan.changes) == (1 if row.writes else 0)


# libvirt takes what a service leaves out for anything, when it looks whether it is there.
VAGUE = {
    "added beside one that says more": (
        typed("srv ldap target a.lab.test port 389"),
        has(A_OF_D, B),
        [update("delete", A_OF_D), update("add", A), update("add", A_OF_D)],
    ),
    "removed beside one that says more": (
        removed("srv ldap port 389"),
        has(A_OF_D, A),
        [update("delete", A_OF_D), update("delete", A), update("add", A_OF_D)],
    ),
    "all removed, the vaguest last": (
        removed("srv ldap"),
        has(ANYWHERE, A, A_OF_D),
        [update("delete", A_OF_D), update("delete", A), update("delete", ANYWHERE)],
    ),
    "added where it is covered": (
        typed("srv ldap target a.lab.test domain d"),
        has(A),
        [update("add", A_OF_D)],
    ),
}


@pytest.mark.parametrize(("want", "network", "expected"), VAGUE.values(), ids=VAGUE.keys())
def test_services_that_say_more_make_way(
    want: Desired, network: SeenNetwork, expected: list[str]
) -> None:
    assert writes(planned(want, network)) == expected


WILD, TAMED = typed("wildcard *.apps.lab address 10.0.0.5"), removed("wildcard *.apps.lab")
ADDED, GONE = typed("cname www.lab.test target nas.lab.test"), removed("cname www.lab.test")
RESTART = ["CreateNetwork", "StopNetwork", "StartNetwork"]


@pytest.mark.parametrize(
    ("want", "config", "live", "expected"),
    [
        (ADDED, PLAIN, PLAIN, ["define", *RESTART]),
        (ADDED, WITH_ALIAS, PLAIN, RESTART),
        (GONE, WITH_ALIAS, WITH_ALIAS, ["define", *RESTART]),
        (GONE, PLAIN, WITH_ALIAS, RESTART),
        (WILD, WITH_ALIAS, WITH_ALIAS, ["define", *RESTART]),
        (WILD, WITH_WILDCARD, PLAIN, RESTART),
        (TAMED, BOTH_FAMILIES, BOTH_FAMILIES, ["define", *RESTART]),
    ],
    ids=[
        *("added", "added to config before", "removed", "removed from config before"),
        *("a wildcard added", "added to config before it", "both addresses removed"),
    ],
)
def test_an_option_of_dnsmasqs_restarts_the_network(
    want: Desired, config: str, live: str, expected: list[str]
) -> None:
    plan = planned(want, lab(config, live), "restart")
    assert writes(plan)[: len(expected)] == expected
    assert plan.changes[0].disruption is Disruption.RESTART
    assert len(plan.steps) == 1


def test_the_change_names_every_record_that_goes() -> None:
    (gone,) = planned(removed("srv ldap"), has(A, B)).changes
    assert (gone.action, gone.object, gone.name) == (Action.DELETE, "record", "lab/srv ldap")
    assert (gone.network, gone.about) == ("lab", About("network", "lab", field="records"))
    assert [(each.before, each.after) for each in gone.fields] == [
        ("srv _ldap._tcp a.lab.test:389", None),
        ("srv _ldap._tcp b.lab.test", None),
    ]
    (new,) = planned(typed("txt t value v")).changes
    assert (new.action, new.scope) == (Action.CREATE, (State.CONFIG, State.LIVE))
    assert [(each.before, each.after) for each in new.fields] == [(None, "txt t 'v'")]


def test_as_a_state_another_value_takes_its_place() -> None:
    want = typed("txt t value w", intent=Intent.PRESENT)
    plan = planned(want, has(TXT))
    other = TXT.replace("'v'", "'w'")
    assert writes(plan) == [update("delete", TXT), update("add", other)]
    (change,) = plan.changes
    assert change.action is Action.UPDATE
    assert (change.fields[0].before, change.fields[0].after) == ("txt t 'v'", "txt t 'w'")


def both(first: Desired, second: Desired) -> Desired:
    return Desired(records=(*first.records, *second.records))


def test_two_wants_of_one_network_build_on_each_other() -> None:
    names = both(typed("host nas address 10.0.0.5"), typed("host files address 10.0.0.5"))
    assert writes(planned(names)) == [
        update("add", HOST),
        update("delete", HOST),
        update("add", TWO_NAMES),
    ]
    with pytest.raises(VnetError, match="has the record txt t 'v' already"):
        planned(both(typed("txt t value v"), typed("txt t value w")))


def test_also_when_it_is_off() -> None:
    plan = planned(both(typed("txt t value v"), typed("host nas address 10.0.0.5")), OFF)
    first, second = (op.do for step in plan.steps for op in step.ops)
    assert isinstance(first, DefineNetwork)
    assert isinstance(second, DefineNetwork)
    assert (first.expect, second.expect) == (PLAIN, first.xml)
    assert ("nas" in first.xml, "nas" in second.xml, "txt" in second.xml) == (False, True, True)


def test_what_is_planned_is_planned_again_as_a_state() -> None:
    """The verification: nothing is left to be found out, and nothing complains."""
    wanted = planned(typed("txt t value v")).desired
    assert writes(planned(wanted, has(TXT))) == []
    assert writes(planned(wanted)) != []
    gone = planned(removed("txt t"), has(TXT)).desired
    assert writes(planned(gone)) == []
    assert writes(planned(gone, has(TXT))) != []
