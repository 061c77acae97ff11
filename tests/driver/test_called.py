"""A domain by its name, UUID or id, and several by a pattern, in commands of every kind."""

from __future__ import annotations

import json
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING

import pytest
import typer

from vnetmgr import Host
from vnetmgr.cli.app import app
from vnetmgr.engine.reconcile import by_name
from vnetmgr.errors import RefusedError
from vnetmgr.host.connect import Host as Connection
from vnetmgr.model.desired import Desired, HoldWant, SpecScope
from vnetmgr.model.intent import Intent

if TYPE_CHECKING:
    from pathlib import Path

_LAST = "-f6a4-8304-79aa-97f2502e193f"
WEB1, WEB2, TWO, TWIN, GLOB, OFF = (f"6695eb0{number}{_LAST}" for number in range(1, 7))
_TEST = 'xmlns:test="http://libvirt.org/schemas/domain/test/1.0"'


def domain(name: str, uuid: str, extra: str = "") -> str:
    """A domain with one nic, `lan`."""
    return (
        f'<domain type="test" {_TEST}>{extra}<name>{name}</name><uuid>{uuid}</uuid>'
        f'<memory>8192</memory><os><type arch="x86_64">hvm</type></os><devices>'
        f'<interface type="network"><mac address="52:54:00:00:00:{uuid[6:8]}"/>'
        f'<source network="default"/><alias name="ua-lan"/></interface></devices></domain>'
    )


# Ids count from 1: the one called 2 has the id 3; another is called as web1's UUID is.
NODE = (
    '<node><network><name>default</name><forward mode="nat"/><bridge name="virbr0"/>'
    '<ip address="192.168.122.1" netmask="255.255.255.0"><dhcp>'
    '<range start="192.168.122.2" end="192.168.122.254"/></dhcp></ip></network>'
    + domain("web1", WEB1)
    + domain("web2", WEB2)
    + domain("2", TWO)
    + domain(WEB1, TWIN)
    + domain("web[1]", GLOB)
    + domain("off", OFF, "<test:runstate>5</test:runstate>")
    + "</node>"
)
EVERY = {"web1", "web2", "2", WEB1, "web[1]", "off"}


def run(*words: str) -> tuple[int, str, str]:
    """A command's exit code and what it prints on both streams."""
    printed, said = StringIO(), StringIO()
    with redirect_stdout(printed), redirect_stderr(said):
        code = typer.main.get_command(app).main(list(words), standalone_mode=False)
    return code or 0, printed.getvalue(), said.getvalue()


@pytest.fixture(autouse=True)
def _node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "node.xml").write_text(NODE)
    monkeypatch.setenv("LIBVIRT_DEFAULT_URI", f"test://{tmp_path / 'node.xml'}")


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("web1", {"web1"}),
        ("1", {"web1"}),
        ("3", {"2"}),
        (WEB2, {"web2"}),
        (WEB2.upper(), {"web2"}),
        (WEB2.replace("-", ""), {"web2"}),
        (TWO, {"2"}),
        (TWIN, {WEB1}),
        ("web1 1", {"web1"}),
        ("web*", {"web1", "web2", "web[1]"}),
        ("web?", {"web1", "web2"}),
        ("web[1]", {"web[1]"}),
        ("web[12]", {"web1", "web2"}),
        ("web[!1]", {"web2"}),
        ("web[^1]", {"web2"}),
        ("*", EVERY),
        ("W*", set()),
        ("none* off", {"off"}),
        ("web* web2", {"web1", "web2", "web[1]"}),
        ("", EVERY),
    ],
)
def test_domains_in_lists(words: str, names: set[str]) -> None:
    code, printed, _ = run("list-nics", *words.split(), "--output", "json")
    rows = [nic["domain"] for nic in json.loads(printed)["items"]]
    assert (code, sorted(rows)) == (0, sorted(names))


@pytest.mark.parametrize("word", ["6", "0", "01", "+1", "99999999999", "\u0661", WEB1[:-1] + "0"])
def test_a_domain_that_is_not_there(word: str) -> None:
    """The one that is off has no id."""
    code, printed, said = run("list-nics", word)
    assert (code, printed) == (1, "")
    assert f"there is no domain {word}" in said


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("2", f"it is the id of web2, and the name of another\n  hint: give the name of the one, "
         f"web2, or the UUID of the other, {TWO}"),
        (WEB1, f"it is the UUID of web1, and the name of another\n  hint: give the name of the "
         f"one, web1, or the UUID of the other, {TWIN}"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "command",
    [
        "list-nics {}",
        "list-forwards {}",
        "export {}",
        "topology {}",
        "doctor {}",
        "trace {}/lan gateway",
        "trace off {}",
        "show-qemu-args {}",
        "detach-nic {} lan",
        "attach-nic {} --network default --name b",
        "update-nic {} lan --link down",
        "add-slots {} 1",
        "reserve-address default {}/lan 192.168.122.9",
        "add-forward {} 8080:80",
        "remove-forward {} 8080",
        "hold {}/lan --for 1h",
        "release {}",
        "import-qemu --attach {} -- -nic user",
    ],
)
def test_a_word_that_leads_to_two(command: str, word: str, said: str) -> None:
    code, printed, told = run(*command.format(word).split())
    assert (code, printed) == (4, "")
    assert f"vnetmgr: {word} leads to two domains: {said}\n" in told


@pytest.mark.parametrize("word", ["3", TWO])
@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("detach-nic {} lan", "nic 2/lan: removed"),
        ("detach-nic {} lan --dry-run", "- nic 2/lan "),
        ("update-nic {} lan --model e1000", "nic 2/lan: "),
        ("hold {}/lan --for 1w", "domain 2: changed in config and live: hold"),
        ("reserve-address default {}/lan 192.168.122.9", "192.168.122.9, 2/lan"),
        ("trace {} gateway", "2/lan -> "),
        ("doctor {}", "2/lan"),
        ("doctor {}/lan", "2/lan"),
        ("topology {}", "2/lan"),
        ("export {} --no-networks", "\n  2:\n    nics:"),
        ("show-qemu-args {}", "# 2/lan: "),
    ],
)
def test_what_is_shown_has_the_name(command: str, shown: str, word: str) -> None:
    _, printed, said = run(*command.format(word).split())
    assert shown in printed, said
    assert TWO not in printed


@pytest.mark.parametrize(
    ("words", "names"),
    [(TWO, {"2"}), (TWO.upper(), {"2"}), ("web?", {"web1", "web2"}), ("web[1]", {"web[1]"})],
)
def test_what_was_saved(words: str, names: set[str], tmp_path: Path) -> None:
    facts = str(tmp_path / "facts.json")
    assert run("doctor", "--save", facts)[0] in (0, 1)
    _, printed, _ = run("doctor", words, "--facts", facts, "-o", "json")
    assert {each["domain"] for each in json.loads(printed)["items"]} == names
    _, printed, said = run("trace", f"{words}/lan", "gateway", "--facts", facts)
    assert ("/lan -> " in printed) is ("?" not in words), said


def test_a_saved_word_that_leads_to_two(tmp_path: Path) -> None:
    facts = str(tmp_path / "facts.json")
    run("doctor", "--save", facts)
    code, _, said = run("doctor", WEB1, "--facts", facts)
    assert (code, "leads to two domains" in said) == (4, True)


def test_programs_name_them_so_too() -> None:
    with Host.connect() as host:
        assert {row.domain for row in host.nics("3", "web?").rows} == {"2", "web1", "web2"}
        (change,) = host.dry_run.detach_nic(TWO, "lan").changes
        assert change.domain == "2"
        plan = host.dry_run.hold("3", "1h")
        assert [each.change.domain for each in host.apply(plan).outcomes] == ["2"]
        with pytest.raises(RefusedError, match="2 leads to two domains"):
            host.detach_nic("2", "lan")


def test_a_spec_has_names() -> None:
    """Also one that is another's id, or UUID."""
    holds = (
        HoldWant(domain="2", intent=Intent.PRESENT),
        HoldWant(domain=WEB1, intent=Intent.PRESENT),
    )
    desired = Desired(holds=holds, spec=SpecScope())
    with Connection.connect(None) as host:
        assert by_name(host, desired) == desired


@pytest.mark.parametrize("command", ["export", "topology", "doctor"])
def test_a_pattern_that_none_fits_is_an_error_where_all_would_be_well(command: str) -> None:
    code, printed, said = run(command, "wbe*")
    assert (code, printed) == (1, "")
    assert "no domain's name matches wbe*" in said


@pytest.mark.parametrize("command", ["list-nics", "list-forwards"])
def test_a_list_of_none_says_so(command: str) -> None:
    code, printed, said = run(command, "wbe*")
    assert code == 0
    assert "web" not in printed
    assert "no domain's name matches wbe*" in said
    _, printed, _ = run(command, "wbe*", "--output", "json")
    assert json.loads(printed)["notes"][0] == "no domain's name matches wbe*"


def test_a_pattern_of_single_nics() -> None:
    _, printed, _ = run("doctor", "web[12]/lan", "-o", "json")
    found = {(each["domain"], each["nic"]) for each in json.loads(printed)["items"]}
    assert {domain for domain, _ in found} == {"web1", "web2"}
    assert {nic for _, nic in found} <= {"lan", None}
