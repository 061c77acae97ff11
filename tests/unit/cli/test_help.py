"""Help, start-up and shell completion: what a user meets first."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import typer.main

from vnetmgr.cli.app import app
from vnetmgr.cli.catalogue import COMMANDS

if TYPE_CHECKING:
    from typer._click.core import Command

# DESIGN.md, section 3, but for what later issues bring: --vectors, --forward.
EVERY = {"--connect", "-c", "--output", "-o", "--verbose", "-v", "--timeout", "--help"}
CHANGING = {"--dry-run", "--lock-timeout"}
STATES = {"--config", "--live"}
NIC = {
    *("--bridge", "--network", "--portgroup", "--nat", "--user", "--direct", "--direct-mode"),
    "--hostdev",
    *("--name", "--mac", "--model", "--vlan", "--virtualport", "--mtu", "--queues"),
    *("--pci-address", "--boot-order", "--link", "--inbound", "--outbound", "--filter"),
    *("--filter-param", "--isolated-port", "--wait", "--allow"),
}
NETWORK = {
    *("--bridge", "--subnet", "--gateway", "--dhcp-range", "--no-dhcp", "--dns-domain", "--mtu"),
    *("--portgroup", "--forward-dev", "--isolated-ports", "--nat-ipv6", "--lease-time"),
    *("--dhcp-option", "--autostart", "--no-autostart"),
}
CLIENT = {"--duid", "--hostname"}
RECORD = {
    *("--host", "--address", "--srv", "--protocol", "--target", "--port", "--txt", "--value"),
    "--cname",
}
SPEC = {"--allow", "--strict", "--prune"}
RUN = CHANGING | SPEC | {"--max-changes", "--show-waiting"}
CONTRACT = {
    "attach-nic": EVERY | CHANGING | STATES | NIC,
    "update-nic": EVERY | CHANGING | STATES | NIC,
    "detach-nic": EVERY | CHANGING | STATES,
    "list-nics": EVERY,
    "add-slots": EVERY | CHANGING,
    "create-domain": EVERY | CHANGING | {"--start", "--nic"},
    "show-qemu-args": EVERY | {"--live"},
    "list-models": EVERY,
    "trace": EVERY | {"--facts"},
    "doctor": EVERY | CHANGING | {"--probe", "--fix", "--save", "--facts"},
    "import-qemu": EVERY | CHANGING | STATES | {"--file", "--attach", "--allow"},
    "create-network": EVERY
    | CHANGING
    | NETWORK
    | {"--mode", "--pf", "--start", "--no-start", "--template"},
    "update-network": EVERY
    | CHANGING
    | STATES
    | NETWORK
    | {"--allow", "--renew", "--remove-portgroup"},
    "delete-network": EVERY | CHANGING | {"--force"},
    "start-network": EVERY | CHANGING,
    "stop-network": EVERY | CHANGING | {"--force"},
    "restart-network": EVERY | CHANGING | {"--renew"},
    "list-networks": EVERY,
    "show-network": EVERY,
    "reserve-address": EVERY | CHANGING | STATES | CLIENT,
    "release-address": EVERY | CHANGING | STATES | CLIENT,
    "list-leases": EVERY,
    "add-dns-record": EVERY | CHANGING | STATES | RECORD | {"--allow"},
    "remove-dns-record": EVERY | CHANGING | STATES | RECORD | {"--allow"},
    "validate": EVERY,
    "schema": EVERY,
    "example-spec": EVERY,
    "plan": EVERY | SPEC | {"--check", "--xml", "--show-waiting"},
    "apply": EVERY | RUN | {"--yes"},
    "reconcile": EVERY | RUN | {"--report-file", "--metrics-file"},
    "watch": EVERY | SPEC | {"--interval"},
    "export": EVERY | {"--networks", "--no-networks", "--file"},
    "install-service": EVERY
    | SPEC
    | {"--timer", "--watch", "--cron", "--directory", "--every", "--force", "--dry-run"},
    "hold": EVERY | CHANGING | {"--for", "--reason"},
    "release": EVERY | CHANGING,
    "list-host-devices": EVERY,
    "topology": EVERY | {"--file"},
}


def command(name: str) -> Command:
    """A command as the program has it."""
    group = typer.main.get_command(app)
    context = typer.Context(group)
    found = group.get_command(context, name)  # type: ignore[attr-defined]  # it is a group
    assert found is not None
    return found  # type: ignore[no-any-return]


def run(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run vnetmgr with its output in a pipe."""
    return subprocess.run(
        [sys.executable, "-m", "vnetmgr", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **(env or {})},
    )


def test_the_contract_is_about_commands_that_exist() -> None:
    assert set(CONTRACT) <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_help_with_an_example(name: str) -> None:
    result = run(name, "--help")
    assert result.returncode == 0
    examples = [line.strip() for line in result.stdout.splitlines() if "Example:" in line]
    assert examples
    assert all(each.startswith(f"Example: vnetmgr {name} ") for each in examples)
    assert result.stderr == ""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_and_argument_says_what_it_is(name: str) -> None:
    for parameter in command(name).params:
        assert getattr(parameter, "help", None), f"{name} {parameter.name}"


@pytest.mark.parametrize("name", CONTRACT)
def test_the_options_of_the_contract(name: str) -> None:
    printed = run(name, "--help").stdout.replace(",", " ").split()
    assert CONTRACT[name] <= set(printed), CONTRACT[name] - set(printed)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_overview_names_every_command(name: str) -> None:
    assert f" {name} " in run("--help").stdout


def test_bad_usage_is_told_in_short() -> None:
    for arguments in (["atach-nic"], ["attach-nic"], ["attach-nic", "vm1", "--brigde", "br0"]):
        result = run(*arguments)
        assert result.returncode == 2
        assert result.stdout == ""
        assert "Traceback" not in result.stderr


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_starting_up_loads_nothing_that_takes_time(arguments: list[str]) -> None:
    program = (
        "import sys, vnetmgr.cli.app as app\n"
        f"sys.argv = ['vnetmgr', *{arguments}]\n"
        "try: app.main()\n"
        "finally: print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.returncode == 0
    loaded = set(result.stderr.split())
    assert "typer" in loaded
    assert not loaded & {"libvirt", "lxml", "rich"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_for_each_shell(shell: str) -> None:
    # As the line that --install-completion writes asks for it; --show-completion guesses the shell.
    script = run(env={"_VNETMGR_COMPLETE": f"source_{shell}"})
    assert script.returncode == 0
    assert "_VNETMGR_COMPLETE" in script.stdout


def complete(line: str, **env: str) -> list[str]:
    """What bash would be offered at the end of a line."""
    asked = {
        "_VNETMGR_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
    }
    result = run(env={**asked, **env})
    assert result.stderr == ""
    return result.stdout.split()


def test_completion_of_commands_options_and_domains() -> None:
    assert set(COMMANDS) <= set(complete("vnetmgr "))
    assert complete("vnetmgr att") == ["attach-nic"]
    assert "--bridge" in complete("vnetmgr attach-nic test --br")
    here = {"LIBVIRT_DEFAULT_URI": "test:///default"}
    for name in ("attach-nic", "detach-nic", "add-slots", "list-nics"):
        assert complete(f"vnetmgr {name} ", **here) == ["test"]
        assert complete(f"vnetmgr {name} x", **here) == []
    assert complete("vnetmgr attach-nic --connect test:///default te") == ["test"]
    nowhere = {"LIBVIRT_DEFAULT_URI": "qemu+unix:///system?socket=/no/such"}
    assert complete("vnetmgr attach-nic ", **nowhere) == []
