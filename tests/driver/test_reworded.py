"""A command ends alike when every text that it could say is in other words."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.driver import test_cli
from tests.unit.model.options import test_networks, test_nics, test_records
from tests.unit.rewording import facts_of_error, reworded
from vnetmgr.cli.app import app
from vnetmgr.errors import VnetError
from vnetmgr.model.options.networks import NETWORK_OPTIONS
from vnetmgr.model.options.nics import NIC_OPTIONS, SOURCE_OPTIONS
from vnetmgr.model.options.records import RECORD_OPTIONS
from vnetmgr.problem import Option
from vnetmgr.render import console

URI = "test:///default"
SPEC = """
version: 1
networks:
  lab: {mode: nat, subnets: [10.5.0.0/24], gateways: [10.6.0.1], mtu: 5}
  other: {mode: bridge, subnets: [10.5.0.0/16], dhcp_ranges: [10.5.0.0-10.5.0.5]}
domains:
  test: {nics: {lan: {network: lab, address: 10.5.0.1}, wan: {network: nowhere, mac: x}}}
"""
SOUND = """
version: 1
networks: {default: {mtu: 1400}}
domains: {test: {nics: {lan: {network: nowhere}}}, gone: {nics: {lan: {network: default}}}}
"""
_FLAGS = frozenset({"nat", "user", "no_dhcp"})


def examples(test: Callable[..., Any]) -> list[tuple[Any, ...]]:
    """The rows of a test's table."""
    (mark,) = test.pytestmark  # type: ignore[attr-defined]  # pytest sets it
    return list(mark.args[1])


def words(options: Mapping[str, str | Sequence[str]]) -> Iterator[str]:
    """Options as a command line has them."""
    for key, value in options.items():
        texts = [value] if isinstance(value, str) else value
        yield from (
            f"{Option(key)}={text}" if key not in _FLAGS else str(Option(key)) for text in texts
        )


def _networks() -> Iterator[list[str]]:
    for options, *_ in examples(test_networks.test_options_that_do_not_go_together):
        values = test_networks._values(options)
        if values.keys() <= NETWORK_OPTIONS.keys():
            yield ["create-network", "lab", *words({"mode": "nat", **values})]
            yield ["update-network", "default", *words(values)]


def _nics() -> Iterator[list[str]]:
    for options, _ in examples(test_nics.test_problems):
        if options.keys() <= {*NIC_OPTIONS, *SOURCE_OPTIONS} - {"isolated_port"}:  # a flag
            yield ["attach-nic", "test", *words(options)]


def _records() -> Iterator[list[str]]:
    for options, _ in examples(test_records.test_problems):
        if options.keys() <= RECORD_OPTIONS.keys():
            yield ["add-dns-record", "default", *words(options)]


OTHERS = (
    "create-network lab --mode nat --subnet 10.0.0.0/24 --dhcp-range 10.0.0.0-10.0.0.9 --mtu 67",
    "create-domain new --machine x --nic bridge=a/b --nic mtu=1 --memory x",
    "reserve-address default --hostname a/b 1.2.3",
    "reserve-address default test 10.1.2.3",
    "release-address default test",
    "add-forward test x:80",
    "add-forward test 8080:80",
    "remove-forward test 8080",
    "start-network nope",
    "delete-network default",
    "hold test/nope --for 1h",
    "validate SPEC",
    "validate SPEC --connect test:///default",
    "validate SOUND --connect test:///default",
    "plan SPEC",
    "plan SOUND",
    "plan SOUND --strict",
    "apply SOUND --strict --yes",
    # From cron it waits for nobody; other tests work on the driver's host at the same time.
    "reconcile SPEC --lock-timeout 60s",
    "reconcile SOUND --strict --allow restart --lock-timeout 60s",
)
CALLS = [
    *([*row[0]] for row in examples(test_cli.test_exit_codes) if "--no-such-option" not in row[0]),
    *map(shlex.split, OTHERS),
    *_networks(),
    *_nics(),
    *_records(),
]


def end_of(call: list[str]) -> object:
    """A command's exit code, and what it complains of but for the texts."""
    said: list[object] = []
    complain = console.complain

    def note(error: VnetError) -> None:
        said.append(facts_of_error(error))
        complain(error)

    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()):
        patch.setattr(console, "complain", note)
        try:
            with redirect_stderr(StringIO()):
                code = typer.main.get_command(app).main(call, standalone_mode=False)
        except typer.BadParameter as error:
            return error.exit_code
    return code or 0, said


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_it_ends_alike(call: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBVIRT_DEFAULT_URI", URI)
    for name, text in (("SPEC", SPEC), ("SOUND", SOUND)):
        (tmp_path / name).write_text(text)
    call = [str(tmp_path / word) if word in ("SPEC", "SOUND") else word for word in call]
    ends = []
    for way in (nullcontext(), reworded()):
        with way:
            ends.append(end_of(call))
    assert ends[1] == ends[0]
