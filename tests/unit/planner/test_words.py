"""What is said of an option is said of its key where a spec asks for it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import vnetmgr.planner
from tests.unit.planner.builders import domain, domain_xml, network, observed, want
from tests.unit.planner.test_spec import desired, nic, planned
from vnetmgr.errors import UsageError, VnetError, usage_problems
from vnetmgr.model.desired import Desired, Policy
from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.intent import Intent
from vnetmgr.model.options.forwards import FORWARD_OPTIONS
from vnetmgr.model.options.networks import NETWORK_OPTIONS
from vnetmgr.model.options.nics import NIC_OPTIONS, SOURCE_OPTIONS
from vnetmgr.model.record import replace
from vnetmgr.planner import make_plan
from vnetmgr.problem import About, Place, Problem, Worded, behind, in_spec, problem_at

PLANNER = Path(str(vnetmgr.planner.__file__)).parent
TABLES = (NIC_OPTIONS, SOURCE_OPTIONS, NETWORK_OPTIONS, FORWARD_OPTIONS)
KEYS = {key.replace("_", "-") for table in TABLES for key in table} | {"config"}
OPTION = re.compile(r"--(?:no-)?([a-z][a-z0-9-]*)")
# A whole command's; what goes into Worded by parts; or what only a command comes by, which makes
# something that is there.
OTHERS = {
    "attach.py: with the options that differ; or give the second nic a --name and MAC of its own",
    "context.py: or choose another name; a nic takes it as it is with --network",
    "checks.py: attach it without --boot-order; then,",
    "claims.py: --allow-from",
    "claims.py: --guest-address",
    "claims.py: --loopback",
    "claims.py: --nic",
    "slots.py: --model",
}


def unworded(path: Path) -> list[str]:
    """The texts of a module that name an option, and stand in no Worded and no whole command."""
    tree = ast.parse(path.read_text())
    passed_over = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr)
        or (isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Worded", "Command"))
        for inner in ast.walk(node)
        if isinstance(node, ast.Call) or isinstance(inner, ast.Constant)
    }
    texts = (
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in passed_over
        and "firewall-cmd" not in node.value
    )
    return [
        f"{path.name}: {text.strip(' ;')}" for text in texts if KEYS & set(OPTION.findall(text))
    ]


def test_no_option_is_named_to_who_writes_a_spec() -> None:
    assert {each for path in PLANNER.glob("**/*.py") for each in unworded(path)} == OTHERS


RUNS = domain(domain_xml(), domain_xml())
OFF = domain(domain_xml())


@pytest.mark.parametrize(
    ("host", "options", "option", "key"),
    [
        (OFF, {"bridge": "ovs0"}, "add --virtualport openvswitch", "add virtualport: openvswitch"),
        (
            OFF,
            {"virtualport": "openvswitch"},
            "leave --virtualport out; --virtualport none",
            "leave virtualport out; virtualport: none",
        ),
        (
            OFF,
            {"bridge": "eth0"},
            "--virtualport openvswitch; for macvtap on a link use --direct eth0",
            "virtualport: openvswitch; for macvtap on a link it is direct: eth0",
        ),
        (
            OFF,
            {"vlan": "10"},
            "(--virtualport openvswitch), or a host bridge on the VLAN",
            "(virtualport: openvswitch), or a host bridge on the VLAN",
        ),
        (OFF, {"mac": "52:54:00:00:00:77"}, "leave --mac out for", "without mac it is a fresh"),
        (OFF, {"model": "e1000", "queues": "2"}, "--queues does not fit", "queues does not fit"),
        (OFF, {"filter_param": "IP=1"}, "--filter-param needs --filter", "_param needs filter"),
        (OFF, {"portgroup": "x"}, "--portgroup does not fit a bridge", "portgroup does not fit a"),
    ],
)
def test_a_nic(host: SeenDomain, options: dict[str, str], option: str, key: str) -> None:
    with pytest.raises(VnetError) as found:
        make_plan(
            Desired(nics=(want(Intent.CREATE, **{"bridge": "br0", **options}),)),
            observed(host),
            Policy(),
        )
    (error,) = planned(observed(host), desired(nic(**options))).errors
    commands = f"{found.value}\n{found.value.hint}"
    specs = f"{error}\n{error.hint}"
    assert option in commands
    assert key in specs
    assert "--" not in specs.replace("--allow", "")
    assert [each.text for each in error.problems] == [str(error).removeprefix("spec.yaml:3:5: ")]


def test_a_network_that_is_off() -> None:
    there = observed(RUNS, networks=(network("lab", active=False),))
    there = replace(there, templates={})
    with pytest.raises(VnetError) as found:
        make_plan(Desired(nics=(want(Intent.CREATE, network="lab"),)), there, Policy())
    assert str(found.value.hint).endswith("or use --config for the next start")


def test_words() -> None:
    text = Worded("add --mtu 1500", "add mtu: 1500")
    assert text == "add --mtu 1500"
    assert in_spec(text) == "add mtu: 1500"
    assert in_spec("a --text") == "a --text"
    assert in_spec(behind("lab: ", text)) == "lab: add mtu: 1500"
    place = Place("spec.yaml", 3, 5)
    assert problem_at(place, text, About("nic", "lan")).text == "add mtu: 1500"


@pytest.mark.parametrize("number", [1, 2])
def test_an_error_of_problems(number: int) -> None:
    text, hint = Worded("--mtu is wrong", "mtu is wrong"), Worded("see --help", "see the schema")
    error = usage_problems([Problem(None, text)] * number, hint)
    assert "--mtu is wrong" in str(error)
    assert error.hint == "see --help"
    spec = error.in_keys()
    assert isinstance(spec, UsageError)
    assert "--mtu" not in str(spec)
    assert "mtu is wrong" in str(spec)
    assert (spec.hint, {each.text for each in spec.problems}) == (
        "see the schema",
        {"mtu is wrong"},
    )
