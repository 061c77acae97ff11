"""What reconcile leaves for monitoring says how it ended, whatever way it ended."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from vnetmgr.host.connect import Host
from vnetmgr.local.lock import HostLock

NODE = """<node><cpu><mhz>1</mhz><model>m</model><active>1</active><nodes>1</nodes>
<sockets>1</sockets><cores>1</cores><threads>1</threads></cpu><memory>4000000</memory></node>"""
SPEC = "version: 1\nnetworks: {lab: {mode: isolated, subnets: [10.9.0.0/24]}}\n"
BROKEN = "version: 1\nnetworks: {lab: {mode: isolatd}}\n"
# A fault of our own, as far as anybody can tell.
FAULT = (
    "import vnetmgr.engine.reconcile as r, vnetmgr.cli.app as a\n"
    "def change(*_, **__): raise KeyError('oops')\n"
    "r.change = change\n"
    "a.main()"
)
# A host that hangs, to be interrupted.
HANG = (
    "import time, vnetmgr.engine.reconcile as r, vnetmgr.__main__ as a\n"
    "def change(*_, **__):\n"
    "    print('here', flush=True)\n"
    "    time.sleep(60)\n"
    "r.change = change\n"
    "a.main()"
)


class Left:
    """The files, and what they say."""

    def __init__(self, folder: Path) -> None:
        self.metrics, self.report = folder / "metrics.prom", folder / "report.json"
        self.spec = folder / "spec.yaml"
        self.spec.write_text(SPEC)
        node = folder / "node.xml"
        node.write_text(NODE)
        self.uri = f"test://{node}"  # a lock of its own
        self.words = (
            *("reconcile", str(self.spec), "--connect", self.uri),
            *("--metrics-file", str(self.metrics), "--report-file", str(self.report)),
        )

    def run(self, *more: str, code: str | None = None) -> subprocess.CompletedProcess[str]:
        program = ["-m", "vnetmgr"] if code is None else ["-c", code]
        command = [sys.executable, *program, *self.words, *more]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def success(self) -> tuple[str, str]:
        """(host, 1 or 0)."""
        text = self.metrics.read_text()
        found = re.search(r'^vnetmgr_last_run_success\{host="(.*)"\} ([01])$', text, re.MULTILINE)
        assert found is not None
        return found[1], found[2]

    def errors(self) -> list[dict[str, Any]]:
        read = json.loads(self.report.read_text())
        assert read["kind"] == "report"
        found: list[dict[str, Any]] = read.get("errors", [])
        return found


@pytest.fixture
def left(tmp_path: Path) -> Left:
    """After a good run, of another host's name."""
    found = Left(tmp_path)
    result = found.run()
    assert result.returncode == 0, result.stderr
    assert found.success()[1] == "1"
    assert found.errors() == []
    found.metrics.write_text(re.sub('host="[^"]*"', 'host="h1"', found.metrics.read_text()))
    return found


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (("--connect", "test:///no/such/file"), 1, "cannot connect"),
        (("--connect", "warp:///x"), 1, "cannot connect"),
        (("{folder}/broken.yaml", "--all-or-nothing"), 2, "broken.yaml:2:"),
        (("{folder}/missing.yaml",), 2, "missing.yaml"),
        (("--allow", "nonsense"), 2, "--allow nonsense"),
        (("--no-such-option",), 2, "o such option"),
        (("--lock-timeout", "soon"), 2, "soon"),
        (("--max-changes", "0"), 4, "the plan has"),
    ],
)
def test_a_run_that_fails(
    left: Left, tmp_path: Path, more: tuple[str, ...], code: int, said: str
) -> None:
    (tmp_path / "broken.yaml").write_text(BROKEN)
    result = left.run(*(each.format(folder=tmp_path) for each in more))
    assert result.returncode == code
    assert said in result.stderr
    assert left.success() == ("h1", "0")
    assert any(said in each["message"] for each in left.errors())


def test_a_part_of_the_spec_that_is_broken(left: Left, tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text(BROKEN.replace("lab", "dmz"))
    result = left.run(str(tmp_path / "broken.yaml"))
    assert result.returncode == 1
    assert left.success()[1] == "0"
    (error,) = left.errors()
    assert "broken.yaml:2:24: mode" in error["message"]
    changes = json.loads(left.report.read_text())["changes"]
    assert [(each["name"], each["result"]) for each in changes] == [("lab", "done")]


def test_a_lock_that_is_held(left: Left) -> None:
    with Host.connect(left.uri) as host, HostLock(host.lock_key, timeout_s=0):
        result = left.run()
    assert result.returncode == 75
    assert left.success() == ("h1", "0")


def test_a_fault_of_our_own(left: Left) -> None:
    result = left.run(code=FAULT)
    assert result.returncode == 1
    assert "KeyError: 'oops'" in result.stderr
    assert left.success() == ("h1", "0")
    assert "oops" in left.errors()[0]["message"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal(left: Left, number: signal.Signals) -> None:
    command = [sys.executable, "-c", HANG, *left.words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"here\n"
        time.sleep(0.1)
        run.send_signal(number)
        run.communicate(timeout=60)
    assert run.returncode == 130
    assert left.success() == ("h1", "0")
    assert "interrupted" in left.errors()[0]["message"]


def test_the_other_file_is_written_when_one_cannot_be(left: Left) -> None:
    result = left.run("--report-file", "/no/such/folder/report")
    assert result.returncode == 2
    assert result.stderr.count("/no/such/folder/report") == 1
    assert left.success() == ("h1", "0")


@pytest.mark.parametrize("option", ["--report-file", "--metrics-file"])
def test_a_file_without_a_name_is_refused_beforehand(left: Left, option: str) -> None:
    result = left.run(option, "")
    assert (result.returncode, "has no name" in result.stderr) == (2, True)


def test_a_dry_run_is_no_run(left: Left) -> None:
    assert left.run("--dry-run").returncode == 3
    assert left.run("--dry-run", "--connect", "warp:///x").returncode == 1
    assert left.success() == ("h1", "1")


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
@pytest.mark.parametrize(
    ("options", "code"), [((), 0), (("--allow", "x"), 2), (("--no-such",), 2), (("-c", "x:///"), 1)]
)
def test_a_report_to_standard_output_is_the_one_document(
    left: Left, name: str, options: tuple[str, ...], code: int
) -> None:
    result = left.run("--report-file", name, "-o", "json", *options)
    assert result.returncode == code
    assert json.loads(result.stdout)["kind"] == "report"


@pytest.mark.parametrize(
    ("options", "said"), [((), "/dev/stdout: with --output json"), (("--no-such",), "--no-such")]
)
def test_metrics_have_no_place_beside_a_document(
    left: Left, options: tuple[str, ...], said: str
) -> None:
    result = left.run("--metrics-file", "/dev/stdout", "-o", "json", *options)
    assert result.returncode == 2
    assert said in json.loads(result.stdout)["message"]
    assert left.run("--metrics-file", "/dev/stdout").stdout.startswith("# HELP")


def test_a_device_is_written_into_and_the_rest_is_done(left: Left) -> None:
    result = left.run("--report-file", "/dev/stdout", "--metrics-file", "/dev/null")
    assert result.returncode == 0
    assert '"kind": "report"' in result.stdout
    assert Path("/dev/null").is_char_device()


def word(left: Left) -> dict[str, float]:
    """What `vnetmgr metrics` says of the last run."""
    command = [sys.executable, "-m", "vnetmgr", "metrics", "--connect", left.uri]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.findall(r"^vnetmgr_last_run_(\w+)\{[^}]*\} (\S+)$", done.stdout, re.MULTILINE)
    return {name: float(value) for name, value in found}


def test_metrics_has_word_of_it(left: Left) -> None:
    first = word(left)
    assert (first["success"], first["errors"]) == (1, 0)
    assert first["duration_seconds"] > 0
    assert abs(first["timestamp_seconds"] - time.time()) < 3600
    assert "\nvnetmgr_last_run_duration_seconds{" in left.metrics.read_text()
    left.run("--dry-run")
    with Host.connect(left.uri) as host, HostLock(host.lock_key, timeout_s=0):
        left.run()  # it gives way, which is no run
    assert word(left) == first
    left.spec.write_text(BROKEN)
    left.run("--all-or-nothing")
    last = word(left)
    assert (last["success"], last["errors"]) == (0, 1)
    assert last["timestamp_seconds"] > first["timestamp_seconds"]
