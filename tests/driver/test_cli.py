"""The program as users and scripts meet it, on libvirt's own test driver.

What it defines ends with the connection, so that each run meets the same `test` domain: one
that runs, with one nic on network `default`.
"""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.documents import read_document

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

URI = "test:///default"
ESCAPE = "\033["
MAC = "aa:bb:cc:dd:ee:ff"

# DESIGN.md, section 3.
NIC_KEYS = {
    *("domain", "name", "mac", "mode", "source", "model", "target", "link", "vlan", "mtu"),
    *("addresses", "in_config", "in_live", "pending", "pending_values", "orphan", "owned", "state"),
}
CHANGE_KEYS = {"action", "object", "domain", "name", "scope", "disruption", "fields"}
ADD = ("attach-nic", "test", "--network", "default", "--name", "lan")


def run(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run vnetmgr with its output in pipes."""
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    return subprocess.run(
        [sys.executable, "-m", "vnetmgr", *arguments],
        capture_output=True,
        text=True,
        env={**kept, "LIBVIRT_DEFAULT_URI": URI, **(env or {})},
    )


def on_a_terminal(*arguments: str, env: Mapping[str, str] | None = None) -> str:
    """What vnetmgr prints on a terminal, both streams."""
    ours, theirs = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    with subprocess.Popen(
        [sys.executable, "-m", "vnetmgr", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**kept, "LIBVIRT_DEFAULT_URI": URI, "TERM": "xterm", "COLUMNS": "200", **(env or {})},
    ):
        os.close(theirs)
        printed = b""
        try:
            while chunk := os.read(ours, 4096):
                printed += chunk
        except OSError:
            pass  # how a terminal says that nobody is at its other end
    os.close(ours)
    return printed.decode()


def as_json(*arguments: str) -> dict[str, Any]:
    """What a command that works prints as JSON."""
    result = run(*arguments, "--output", "json")
    assert result.returncode == 0, result.stderr
    return read_document(result.stdout)


def test_attach_goes_through_the_definition_and_says_so() -> None:
    result = run(*ADD)
    assert result.returncode == 0
    said = result.stdout + result.stderr
    assert "nic test/lan: added in config: network default, virtio" in said
    assert "no device calls; the persistent configuration is redefined instead" in said
    assert "unchanged until its next cold start" in said
    assert "configured yes" in said
    assert "plugged" not in said


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("list-nics",), 0, ""),
        (("list-nics", "tset"), 1, "there is no domain tset on test:///default. Did you mean test"),
        (("list-nics", "--connect", "warp:///x"), 1, "cannot connect to warp:///x"),
        (("list-nics", "--no-such-option"), 2, "--no-such-option"),
        (("attach-nic", "test"), 2, "a nic needs a source"),
        (("update-nic", "test", MAC, "--mtu", "9k"), 2, "vnetmgr update-nic --help shows every"),
        (("update-network", "default", "--mtu", "9k"), 2, "vnetmgr update-network --help shows"),
        (("create-network", "new", "--mtu", "9k"), 2, "vnetmgr create-network --help shows"),
        (("attach-nic", "test", "--network", "nope"), 1, "network nope does not exist"),
        (("attach-nic", "test", "--network", "default", "--mac", "x"), 2, "is not six bytes"),
        (("attach-nic", "test", "--network", "default", "--allow", "x"), 2, "--allow x"),
        (("attach-nic", "test", "--network", "default", "--live"), 4, "cannot change a running"),
        (("attach-nic", "test", "--network", "default", "--dry-run"), 0, ""),
        (("attach-nic", "test", "--network", "default", "--model", "e1000"), 4, "model is"),
        (("update-nic", "test", MAC), 2, "nothing to change"),
        (("update-nic", "test", "nope", "--link", "down"), 1, "has no nic nope; it has"),
        (("update-nic", "test", MAC, "--link", "down"), 0, ""),
        (("detach-nic", "test", "nope"), 1, "has no nic nope"),
        (("detach-nic", "test", MAC), 0, ""),
        (("add-slots", "test", "0"), 2, "0"),
        (("create-domain", "test"), 4, "domain test exists already"),
        (("create-domain", "a/b"), 2, "a/b"),
        (("create-domain", "new", "--template", "/no/such/file"), 2, "/no/such/file"),
    ],
)
def test_exit_codes(arguments: tuple[str, ...], code: int, message: str) -> None:
    result = run(*arguments)
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    if code:
        assert message in result.stderr
        assert result.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("net-list",), "No such command 'net-list'. Here it is vnetmgr list-networks."),
        (("help", "start"), "No such command 'start'. That is left to virsh: virsh start."),
    ],
)
def test_a_command_of_virshs_leads_to_the_one_here(
    arguments: tuple[str, ...], message: str
) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert message in result.stderr


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ((), ""),  # its LIBVIRT_DEFAULT_URI counts for the next command, too
        (("--connect", URI), f" -c {URI}"),
        (("-c", URI, "--ovn-nb", "tcp:x:1"), f" -c {URI} --ovn-nb tcp:x:1"),
    ],
)
def test_commands_that_it_shows_are_about_the_same_libvirt(
    said: tuple[str, ...], shown: str
) -> None:
    asked = ("start-network", "nope", *said)
    result = run(*asked)
    hint = f"`vnetmgr list-networks{shown}` shows those there are"
    assert f"hint: {hint}\n" in result.stderr
    assert json.loads(run(*asked, "-o", "json").stdout)["hint"] == hint


def test_the_keys_of_list_nics() -> None:
    printed = as_json("list-nics")
    assert printed["kind"] == "nics"
    assert set(printed) == {"kind", "version", "items", "notes"}
    (nic,) = printed["items"]
    assert set(nic) == NIC_KEYS
    assert (nic["domain"], nic["mac"], nic["mode"]) == ("test", MAC, "network")
    assert (nic["in_config"], nic["in_live"], nic["owned"]) == (True, True, False)
    assert (nic["link"], nic["vlan"], nic["addresses"]) == ("up", [], [])


def test_the_keys_of_a_plan() -> None:
    printed = as_json(*ADD, "--dry-run")
    assert printed["kind"] == "plan"
    assert set(printed) == {"kind", "version", "host", "changes", "waiting", "notes"}
    (change,) = printed["changes"]
    assert set(change) == CHANGE_KEYS
    assert (change["action"], change["object"], change["domain"]) == ("create", "nic", "test")
    assert (change["name"], change["scope"]) == ("lan", ["config"])
    assert change["disruption"] == "next-start"
    assert {"field": "source", "before": None, "after": "network default"} in change["fields"]
    assert printed["waiting"] == []


def test_the_keys_of_a_report() -> None:
    printed = as_json(*ADD)
    assert printed["kind"] == "report"
    assert set(printed) == {"kind", "version", "host", "changes", "facts", "notes"}
    (change,) = printed["changes"]
    assert set(change) == {*CHANGE_KEYS, "result", "error"}
    assert (change["result"], change["error"]) == ("done", None)


def test_nothing_to_do_is_an_empty_report() -> None:
    printed = as_json("attach-nic", "test", "--network", "default")
    assert printed["changes"] == []
    assert "nothing to do" in printed["notes"][0]


def test_json_stands_alone_on_standard_output() -> None:
    result = run(*ADD, "--output", "json", "--verbose")
    assert json.loads(result.stdout)["kind"] == "report"
    assert "defineXMLFlags" in result.stderr
    assert "<alias name=" in result.stderr


@pytest.mark.parametrize("arguments", [("list-nics",), ADD, ("list-nics", "nope"), ("--help",)])
def test_no_colours_where_nobody_wants_them(arguments: tuple[str, ...]) -> None:
    result = run(*arguments, env={"TERM": "xterm", "COLORTERM": "truecolor"})
    assert ESCAPE not in result.stdout + result.stderr
    plain = on_a_terminal(*arguments, env={"NO_COLOR": "1"})
    assert not any(f"{ESCAPE}{colour}m" in plain for colour in range(30, 38))
    assert result.stdout or result.stderr
    assert plain


@pytest.mark.parametrize("arguments", [ADD, ("list-nics", "nope")])
def test_colours_on_a_terminal(arguments: tuple[str, ...]) -> None:
    assert ESCAPE in on_a_terminal(*arguments)


def test_a_terminal_gets_the_whole_table() -> None:
    printed = on_a_terminal("list-nics")
    assert MAC in printed
    assert "DOMAIN" in printed


def test_readonly() -> None:
    result = run("list-nics", "--readonly")
    assert result.returncode == 0
    assert MAC in result.stdout
    assert "agent addresses not checked: read-only connection" in result.stderr
    assert "--readonly" not in run("attach-nic", "--help").stdout


def test_the_uri_option_goes_before_the_environment() -> None:
    environment = {"LIBVIRT_DEFAULT_URI": "warp:///system"}
    assert run("list-nics", env=environment).returncode == 1
    assert run("list-nics", "--connect", URI, env=environment).returncode == 0


def test_an_empty_list_names_the_connection(tmp_path: Path) -> None:
    node = tmp_path / "node.xml"
    node.write_text("<node/>")
    result = run("list-nics", env={"LIBVIRT_DEFAULT_URI": f"test://{node}"})
    assert result.stdout == f"no nics on test://{node}\n"


@pytest.mark.parametrize("start", [(), ("--start",)])
def test_create_domain(start: tuple[str, ...]) -> None:
    printed = as_json(
        *("create-domain", "new", "--memory", "64MiB", "--nic", "network=default,name=lan"),
        *("--nic", "nat,model=e1000", *start),
    )
    (change,) = printed["changes"]
    assert (change["action"], change["object"], change["result"]) == ("create", "domain", "done")
    assert change["scope"] == (["config", "live"] if start else ["config"])
    (nics,) = change["fields"]
    assert nics["after"] == "lan: network default; nic0: network default"


def test_create_domain_lists_every_problem() -> None:
    result = run("create-domain", "n/w", "--nic", "bridge=br0,mtu=x", "--nic", "user,colour=red")
    assert result.returncode == 2
    for part in ("3 problems", "n/w", "mtu", "colour"):
        assert part in result.stderr


def test_create_domain_lists_every_problem_of_a_nic_in_a_line() -> None:
    nic = "bridge=br0,mtu=x,colour=red"
    first, *items, _hint = run("create-domain", "n/w", "--nic", nic).stderr.splitlines()
    assert first == "vnetmgr: 3 problems:"
    assert [item.startswith(f"  - --nic {nic}: ") for item in items] == [False, True, True]


def test_a_ctrl_c_while_an_object_is_freed_is_not_lost() -> None:
    """libvirt-python frees its objects in `__del__`, where Python ignores every exception."""
    program = (
        "import signal, sys, time\n"
        "from vnetmgr.listings import nics as listing\n"
        "from vnetmgr import __main__ as program\n"
        "class Freed:\n"
        "    def __del__(self): signal.raise_signal(signal.SIGINT)\n"
        "def list_nics(host, domains):\n"
        "    Freed()\n"
        "    time.sleep(60)\n"
        "    raise SystemExit(0)\n"
        "listing.list_nics = list_nics\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"sys.argv = ['vnetmgr', 'list-nics', '--connect', {URI!r}]\n"
        "program.main()\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.returncode == 130
    assert result.stderr.startswith("vnetmgr: interrupted\n")


def test_a_nic_on_a_bridge_costs_nothing_of_other_kinds_of_work() -> None:
    """A module takes 0.15 ms of each start; two libraries take more, and who imports one by
    mistake does not see it."""
    code = (
        "import sys, vnetmgr.cli\n"
        "theirs = {*sys.modules} - {'rich'}\n"  # typer 0.29 has dataclasses of its own
        "from vnetmgr.cli import app\n"
        f"sys.argv = ['vnetmgr', 'attach-nic', 'test', '--bridge', 'br0', '-c', {URI!r}]\n"
        "try: app.main()\n"
        "except SystemExit as end: assert not end.code\n"
        "print(*{*sys.modules} - theirs, file=sys.stderr)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0
    loaded = result.stderr.split()
    own = {name for name in loaded if name.startswith("vnetmgr.")}
    assert "vnetmgr.planner.nics.attach" in own
    assert not {"dataclasses", "yaml", "rich", "pydantic"} & set(loaded)
    others = ("forward", "network", "dns", "dhcp", "spec", "watch", "doctor", "path")
    # The planner asks each kind whether there is anything to do.
    assert {name for name in own if any(f".{each}" in name for each in others)} == {
        "vnetmgr.planner.kinds.forwards",
        "vnetmgr.planner.kinds.networks",
    }
    assert len(own) <= 108


def test_a_spec_of_nics_costs_nothing_of_networks_options(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(
        "version: 1\ndomains: {test: {nics: {lan: {bridge: br0}}}}\n", encoding="utf-8"
    )
    code = (
        "import sys\nfrom vnetmgr.cli.app import app\n"
        f"app(['plan', {str(tmp_path / 'spec.yaml')!r}, '-c', {URI!r}], standalone_mode=False)\n"
        "assert 'vnetmgr.spec.nics' in sys.modules\n"
        "assert 'vnetmgr.spec.networks' not in sys.modules\n"
        "assert 'vnetmgr.model.options.networks' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_a_network_without_forwards_costs_nothing_of_them() -> None:
    code = (
        "import sys\nfrom vnetmgr.cli.app import app\n"
        f"app(['show-network', 'default', '-c', {URI!r}], standalone_mode=False)\n"
        "loaded = [name for name in sys.modules if name.startswith('vnetmgr.')]\n"
        "assert 'vnetmgr.render.networks' in loaded\n"
        "assert 'vnetmgr.listings.forwards' not in loaded\n"
        "assert 'vnetmgr.render.forwards' not in loaded\n"
        "assert 'vnetmgr.local.firewall.rules' not in loaded\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
