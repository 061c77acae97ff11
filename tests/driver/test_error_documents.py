"""With --output json a command that fails prints that as its one document, whatever it fails by."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.main import get_command

from tests.documents import read_document
from tests.driver.test_cli import URI, run
from tests.driver.test_documents import NODE as GUEST
from tests.driver.test_documents import SPECS
from tests.driver.test_run_files import NODE
from vnetmgr.cli.app import app
from vnetmgr.cli.catalogue import COMMANDS
from vnetmgr.cli.failures import FORMS, form_asked_for
from vnetmgr.host.connect import Host
from vnetmgr.local.lock import HostLock
from vnetmgr.render.blocks import Form

BROKEN = "version: 1\nnetworks: {lab: {mode: isolatd, mtu: x}}\n"
# What a command meets while it lists nics.
LISTING = "import vnetmgr.listings.nics as l, vnetmgr.__main__ as a\n"
FAULT = f"{LISTING}def fail(*_): raise KeyError('oops')\nl.list_nics = fail\na.main()"
NO_LETTER = "é cannot be named in this locale: its encoding is ascii"
LETTERS = f"{LISTING}def fail(*_): '\\xe9'.encode('ascii')\nl.list_nics = fail\na.main()"
FULL = f"{LISTING}def fail(*_): raise OSError(28, 'No space')\nl.list_nics = fail\na.main()"
HANG = (
    f"{LISTING}import sys, time\n"
    "def hang(*_):\n"
    "    print('here', file=sys.stderr, flush=True)\n"
    "    time.sleep(60)\n"
    "l.list_nics = hang\n"
    "a.main()"
)
BEHIND = (  # an interrupt behind the document is no second one
    f"{LISTING}import signal, vnetmgr.render.console as c\n"
    "write = c.show\n"
    "def show(blocks): write(blocks), signal.raise_signal(signal.SIGTERM)\n"
    "c.show = show\n"
    "a.main()"
)
BEHIND_AN_ERROR = (
    f"{LISTING}import signal, vnetmgr.cli.failures as f\n"
    "answer = f.answer\n"
    "def twice(*given): answer(*given), signal.raise_signal(signal.SIGTERM)\n"
    "def fail(*_): raise f.VnetError('oops')\n"
    "f.answer, l.list_nics = twice, fail\n"
    "a.main()"
)
# While the document is made and written, large as it may be: again and again.
_BUSY = (
    "import signal, vnetmgr.render.console as c\n"
    "write = c._print\n"
    "def busy(text):\n"
    "    signal.raise_signal(signal.SIGTERM), write(text)\n"
    "    signal.raise_signal(signal.SIGINT)\n"
    "c._print = busy\n"
)
WITHIN = f"{LISTING}{_BUSY}a.main()"
WITHIN_AN_ERROR = (
    f"{LISTING}{_BUSY}import vnetmgr.cli.options as o\n"
    "def fail(*_): raise o.VnetError('oops')\n"
    "l.list_nics = fail\n"
    "a.main()"
)
MANY = (
    f"{LISTING}{_BUSY}import vnetmgr.cli.options as o, vnetmgr.cli.failures as f\n"
    "as_ours = f.as_ours\n"
    "def busier(error): return [signal.raise_signal(signal.SIGINT), as_ours(error)][1]\n"
    "def fail(*_): signal.raise_signal(signal.SIGTERM)\n"
    "f.as_ours, l.list_nics = busier, fail\n"
    "a.main()"
)
UNREAD = (
    f"{LISTING}import sys, vnetmgr.render.console as c\n"
    "write = c._print\n"
    "def large(text):\n"
    "    print('here', file=sys.stderr, flush=True)\n"
    "    write(text + ' ' * 1_000_000)\n"
    "c._print = large\n"
    "a.main()"
)
WHILE_IMPORTING = (  # and while an object is freed, where Python forgets what is raised
    "import signal, sys, vnetmgr.__main__ as a\n"
    "class Freed:\n"
    "    def __del__(self): signal.raise_signal(signal.SIGTERM)\n"
    "class Finder:\n"
    "    def find_spec(self, name, *_): Freed() if name == 'vnetmgr.cli.app' else None\n"
    "sys.meta_path.insert(0, Finder())\n"
    "a.main()"
)
BEFORE = (
    "import signal, vnetmgr.cli.app as a, vnetmgr.__main__ as m\n"
    "a.main = lambda: signal.raise_signal(signal.SIGTERM)\n"
    "m.main()"
)


def list_nics(code: str) -> subprocess.CompletedProcess[str]:
    """Run list-nics with something changed in the program."""
    command = [sys.executable, "-c", code, "list-nics", "-c", URI, "-o", "json"]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("list-nics", "tset", "-o", "json"), 1, "there is no domain tset"),
        (("list-nics", "--connect", "warp:///x", "-ojson"), 1, "cannot connect to warp:///x"),
        (("list-nics", "--no-such-option", "--output=json"), 2, "--no-such-option"),
        (("no-such-command", "--output", "json"), 2, "no-such-command"),
        (("--no-such-option", "list-nics", "-vo", "json"), 2, "--no-such-option"),
        (("attach-nic", "-o", "json"), 2, "DOMAIN"),
        (("add-slots", "test", "x", "-o", "json"), 2, "x"),
        (("attach-nic", "test", "-o", "json"), 2, "a nic needs a source"),
        (("attach-nic", "test", "--network", "default", "--live", "-o", "json"), 4, "running"),
        (("list-nics", "a\udcff", "-o", "json"), 2, "is not UTF-8"),
        (("list-nics", "-o", "json", "-o", "jso"), 2, "'jso' is not one of"),
        (("list-nics", "-o", "JSON"), 2, "'JSON' is not one of"),
        (("list-nics", "-o=json"), 2, "'=json' is not one of"),
        (("list-nics", "--out", "json"), 2, "--out"),
        (("list-nics", "--outpu=json"), 2, "--outpu"),
    ],
)
def test_an_error_is_the_one_document(words: tuple[str, ...], code: int, said: str) -> None:
    result = run(*words)
    error = read_document(result.stdout)
    assert (result.returncode, error["kind"], error["exit_code"]) == (code, "error", code)
    assert said in error["message"]
    assert said in result.stderr  # people are told as ever
    assert [each["text"] for each in error["problems"]] == [error["message"]]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("lab --fleet prod", "--fleet: a nat network is of none"),
        ("lab --mode isolated --fleet prod", "--fleet: an isolated network is of none"),
        ("lab --mode isolated --no-port-security", "--port-security: an isolated network has none"),
    ],
)
def test_what_an_overlay_alone_has_names_its_mode(words: str, said: str) -> None:
    error = read_document(run("create-network", *words.split(), "-o", "json").stdout)
    assert error["message"] == f"{said}; that takes --mode overlay"
    assert (error["exit_code"], error["about"]["name"]) == (2, "lab")


@pytest.mark.parametrize("words", ["show-network nope", "delete-network nope", "list-nics tset"])
def test_a_hint_has_its_command_as_people_have_it(words: str) -> None:
    told = ("-c", URI, "--ovn-nb", "tcp:127.0.0.1:9")
    error = read_document(run(*words.split(), *told, "-o", "json").stdout)
    assert f" -c {URI} --ovn-nb tcp:127.0.0.1:9" in error["hint"]
    assert f"hint: {error['hint']}\n" in run(*words.split(), *told).stderr


def test_each_problem_of_a_spec_has_its_place(tmp_path: Path) -> None:
    spec = tmp_path / "broken.yaml"
    spec.write_text(BROKEN)
    error = read_document(run("plan", str(spec), "-o", "json").stdout)
    found = [(each["file"], each["line"], each["column"]) for each in error["problems"]]
    assert found == [(str(spec), 2, 24), (str(spec), 2, 38)]
    assert error["exit_code"] == 2
    assert error["about"] is None
    network = {"kind": "network", "name": "lab", "domain": None}
    assert [each["about"] for each in error["problems"]] == [
        {**network, "field": "mode"},
        {**network, "field": "mtu"},
    ]


@pytest.mark.parametrize(
    ("words", "about"),
    [
        ("attach-nic test --network default --name lan --mtu x", ("nic", "lan", "test", "mtu")),
        ("update-network default --mtu x", ("network", "default", None, "mtu")),
        ("list-nics tset", ("domain", "tset", None, None)),
        ("attach-nic test --bridge b --allow x", ("command", "attach-nic", None, "allow")),
        ("hold test --for 1x", ("command", "hold", None, "for")),
        ("watch spec.yaml --interval 0", ("command", "watch", None, "interval")),
        ("watch -", ("command", "watch", None, None)),
        ("validate no.yaml", ("file", "no.yaml", None, None)),
    ],
)
def test_what_an_error_is_about(words: str, about: tuple[str | None, ...]) -> None:
    error = read_document(run(*words.split(), "-o", "json").stdout)
    (problem,) = error["problems"]
    assert tuple(problem["about"].values()) == about
    assert {**error["about"], "field": None} == {**problem["about"], "field": None}


@pytest.mark.parametrize(
    ("words", "command", "field"),
    [
        ("list-nics --no-such 1", "list-nics", "no_such"),
        ("list-nics -x", "list-nics", "x"),
        ("list-nics x --timeout", "list-nics", "timeout"),
        ("list-nics --timeout x", "list-nics", "timeout"),
        ("attach-nic", "attach-nic", "domain"),
        ("hold test", "hold", "for"),
        ("add-slots test x", "add-slots", "count"),
        ("no-such-command", "vnetmgr", None),
        ("release test more", "release", None),
    ],
)
def test_what_a_wrong_command_line_is_about(words: str, command: str, field: str | None) -> None:
    error = read_document(run(*words.split()[:1], "-ojson", *words.split()[1:]).stdout)
    assert error["about"] == {"kind": "command", "name": command, "domain": None, "field": field}
    assert error["exit_code"] == 2


@pytest.mark.parametrize("option", ["--timeout", "--lock-timeout", "--wait"])
@pytest.mark.parametrize(
    "value", ["nan", "inf", "-inf", "-1", "1e400", "1e9", "1_0", "", "\u0663", "1h30"]
)
def test_a_time_that_is_none_is_refused_by_its_option(option: str, value: str) -> None:
    result = run("attach-nic", "test", "--bridge", "br0", f"{option}={value}")
    assert result.returncode == 2
    assert f"'{option}': {value} is no number of seconds from 0 to 1000000" in result.stderr


@pytest.mark.parametrize("value", ["0", "0.5", ".5", "1e3", "1000000", "90s", "1.5h", "1h 30min"])
def test_a_time(value: str) -> None:
    assert run("list-nics", "--timeout", value).returncode == 0


@pytest.mark.parametrize(("command", "kind"), [("plan", "plan"), ("apply", "report")])
def test_a_plan_and_a_report_have_their_errors(command: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / "node.xml").write_text(GUEST)
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPECS["SPEC"])
    uri = f"test://{tmp_path / 'node.xml'}"
    result = run(command, str(spec), "-c", uri, "-o", "json")
    found = read_document(result.stdout)
    assert (result.returncode, found["kind"]) == (4, kind)
    (error,) = found["errors"]
    assert f"vnetmgr: {error['message']}\n" in result.stderr  # people are told as ever
    assert f"  hint: {error['hint']}\n" in result.stderr
    network = {"kind": "network", "name": "default", "domain": None, "field": None}
    (problem,) = error["problems"]
    assert (error["about"], problem["about"]) == (network, network)
    assert (problem["file"], problem["line"]) == (str(spec), 3)


def test_a_lock_that_is_held(tmp_path: Path) -> None:
    (tmp_path / "node.xml").write_text(NODE)
    uri = f"test://{tmp_path / 'node.xml'}"
    with Host.connect(uri) as host, HostLock(host.lock_key, timeout_s=0):
        result = run(
            *("create-network", "lab", "--mode", "isolated", "-c", uri),
            *("--lock-timeout", "0", "-o", "json"),
        )
    assert (result.returncode, read_document(result.stdout)["exit_code"]) == (75, 75)


@pytest.mark.parametrize(
    ("code", "said"), [(FAULT, "KeyError: 'oops'"), (FULL, "No space"), (LETTERS, NO_LETTER)]
)
def test_a_fault_that_nobody_expected(code: str, said: str) -> None:
    result = list_nics(code)
    assert (result.returncode, said in result.stderr) == (1, True)
    assert read_document(result.stdout)["message"] == said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt(number: signal.Signals) -> None:
    command = [sys.executable, "-c", HANG, "list-nics", "-c", URI, "-o", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == b"here\n"
        time.sleep(0.1)
        process.send_signal(number)
        printed, _ = process.communicate(timeout=60)
    error = read_document(printed.decode())
    assert (process.returncode, error["exit_code"]) == (130, 130)
    assert error["message"] == "interrupted"


@pytest.mark.parametrize(
    ("code", "kind", "ends_with"),
    [
        (BEHIND, "nics", 130),
        (BEHIND_AN_ERROR, "error", 1),
        (BEFORE, "error", 130),
        (WHILE_IMPORTING, "error", 130),
        (WITHIN, "nics", 130),
        (WITHIN_AN_ERROR, "error", 1),
        (MANY, "error", 130),
    ],
)
def test_an_interrupt_where_no_command_heeds_it(code: str, kind: str, ends_with: int) -> None:
    """There is one document; what comes behind it is no second one, nor another exit code."""
    result = list_nics(code)
    assert result.returncode == ends_with
    document = read_document(result.stdout)
    assert (document["kind"], document.get("exit_code", ends_with)) == (kind, ends_with)


@pytest.mark.parametrize("buffering", [(), ("-u",)])
def test_an_interrupt_where_somebody_reads_late(buffering: tuple[str, ...]) -> None:
    command = [sys.executable, *buffering, "-c", UNREAD, "list-nics", "-c", URI, "-o", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == b"here\n"
        time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        printed, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert len(printed) > 1_000_000
    assert read_document(printed.decode())["kind"] == "nics"


def test_an_interrupt_where_nobody_reads() -> None:
    command = [sys.executable, "-c", UNREAD, "list-nics", "-c", URI, "-o", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == b"here\n"
        time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 130


@pytest.mark.parametrize(
    "words", ["list-nics tset", "list-nics --nope", "import-qemu -- x -o json"]
)
def test_people_get_no_document(words: str) -> None:
    result = run(*words.split())
    assert (result.returncode == 0, result.stdout) == (False, "")


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("list-nics -o json", True),
        ("list-nics -o table -o json", True),
        ("list-nics -o json -o table", False),
        ("list-nics -vojson", True),
        ("list-nics -co json", False),
        ("list-nics --output=json", True),
        ("list-nics --output", False),
        ("import-qemu -- qemu -o json", False),
        ("list-nics json", False),
        ("", False),
        ("list-nics -o json -o jso", True),
        ("list-nics -o table -o jso", False),
        ("list-nics -o json -o yaml", False),
        ("list-nics -o jso", False),
        ("list-nics -o JSON", True),
        ("list-nics --out json", True),
        ("list-nics --o=json", True),
        ("list-nics --outputs json", False),
        ("list-nics -- --output json", False),
        ("list-nics -o=json", True),
    ],
)
def test_whether_a_command_line_asks_for_json(words: str, *, asked: bool) -> None:
    assert (form_asked_for(words.split()) is Form.JSON) is asked


@pytest.mark.parametrize(
    ("words", "form"),
    [
        ("list-nics -o yaml", Form.YAML),
        ("-qoyaml list-nics", Form.YAML),
        ("list-nics import-qemu -o yaml", Form.YAML),
        ("import-qemu -o yaml", Form.TABLE),  # a spec
        ("-c x import-qemu -o yaml", Form.TABLE),
        ("import-qemu -o json", Form.JSON),
        ("list-nics -o yaml -o name", Form.NAME),
        ("topology -o html", Form.TABLE),
        ("list-nics", Form.TABLE),
    ],
)
def test_which_form_a_command_line_asks_for(words: str, form: Form) -> None:
    assert form_asked_for(words.split()) is form


@pytest.mark.parametrize("command", COMMANDS)
def test_every_form_of_output_is_known(command: str) -> None:
    """One that is not would leave a wrong command line without its document, or with one."""
    outputs = {
        str(form)
        for option in get_command(app).get_command(None, command).params  # type: ignore[attr-defined]
        if option.name == "output"
        for form in option.metavar.split("|")
    }
    assert outputs <= FORMS
