"""doctor, as users and scripts meet it, on a libvirt that has no host below it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.documents import read_document
from tests.driver.test_cli import MAC, as_json, run

if TYPE_CHECKING:
    from pathlib import Path


EMPTY = "<domain type='test'><name>empty</name><memory>1</memory><os><type>hvm</type></os></domain>"


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """What was seen of `test:///default`."""
    file = tmp_path / "facts.json"
    assert run("doctor", "--save", str(file)).returncode == 0
    return file


def test_what_cannot_be_seen_is_not_ok_and_says_what_it_would_take() -> None:
    items = as_json("doctor", "test")["items"]
    by_check = {each["check"]: each for each in items}
    assert by_check["domain-not-running"]["status"] == "ok"
    assert by_check["bridge-down"]["status"] == "not-checked"
    assert "needs a local host" in by_check["bridge-down"]["cause"]
    assert {each["nic"] for each in items} == {MAC}


def test_a_path_is_shown_in_short_and_a_nic_that_is_named_whole() -> None:
    """The test driver's network does not start with its host."""
    lines = run("doctor").stdout.splitlines()
    assert lines[0].startswith(f"test/{MAC}: network default does not start with the host")
    assert lines[-1].split()[0] == "domain"
    whole = run("doctor", f"test/{MAC}").stdout.splitlines()
    assert len(whole) > len(lines)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nobody",), 1, "no domain nobody"),
        (("test/nothing",), 1, "domain test has no nic nothing"),
        (("/lan",), 2, "names no domain"),
        (("--dry-run",), 2, "--dry-run goes with --fix"),
        (("--fix", "--readonly"), 2, "read-only"),
        (("--facts", "{saved}", "--fix"), 2, "--facts looks at a file"),
        (("--facts", "{saved}", "--probe"), 2, "--facts looks at a file"),
        (("--facts", "{saved}", "nobody"), 1, "domain nobody is not there"),
        (("--facts", "/no/such"), 2, "cannot be read"),
        (("--save", "/no/such/file"), 2, "nothing was looked at"),
        (("--save", ""), 2, "has no name"),
        (("--save", "/dev/stdout", "-o", "json"), 2, "a second document"),
    ],
)
def test_what_is_refused(saved: Path, words: tuple[str, ...], code: int, said: str) -> None:
    result = run("doctor", *(word.format(saved=saved) for word in words))
    assert (result.returncode, said in result.stderr) == (code, True), result.stderr
    assert "Traceback" not in result.stderr


def test_a_saved_file_says_the_same_without_any_libvirt(saved: Path) -> None:
    now, nowhere = as_json("doctor"), {"LIBVIRT_DEFAULT_URI": "warp:///no"}
    then = run("doctor", "--facts", str(saved), "-o", "json", env=nowhere)
    assert read_document(then.stdout) == now
    assert saved.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "nics"}, "no file of saved facts"),
        ({"version": 2}, "version: 2 is not 1"),
        ({"facts": {"uri": 1}}, "facts.uri: 1 is not a text"),
    ],
)
def test_another_file_is_refused_with_the_place(
    saved: Path, change: dict[str, object], said: str
) -> None:
    saved.write_text(json.dumps(json.loads(saved.read_text()) | change))
    result = run("doctor", "--facts", str(saved))
    assert result.returncode == 2
    assert f"{saved}: " in result.stderr
    assert said in result.stderr


def test_what_is_vnetmgrs_own_to_mend_is_mended_and_looked_at_again() -> None:
    mended = as_json("doctor", "--fix")
    assert [each["name"] for each in mended["changes"]] == ["default"]
    assert {each["result"] for each in mended["changes"]} == {"done"}
    assert mended["causes"] == []
    planned = as_json("doctor", "--fix", "--dry-run")
    assert [each["name"] for each in planned["planned"]] == ["default"]
    assert [each["check"] for each in planned["causes"]] == ["network-no-autostart"]


def test_where_nothing_is_to_be_mended_nothing_is_done(tmp_path: Path) -> None:
    node = tmp_path / "node.xml"
    node.write_text(f"<node>{EMPTY}</node>")
    result = run("doctor", "--fix", "-c", f"test://{node}")
    assert result.returncode == 0
    assert result.stdout.splitlines()[1] == "  info: domain empty has no nic"
    assert "nothing of what was found is vnetmgr's own to mend" in result.stderr
