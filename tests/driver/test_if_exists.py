"""--if-exists: what is gone already is nothing to do, and nothing else is passed over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.driver.test_called import NODE, TWO, run
from vnetmgr import Host
from vnetmgr.errors import NotFoundError, RefusedError

if TYPE_CHECKING:
    from pathlib import Path

MAC = "52:54:00:00:00:09"


@pytest.fixture(autouse=True)
def _node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "node.xml").write_text(NODE)
    monkeypatch.setenv("LIBVIRT_DEFAULT_URI", f"test://{tmp_path / 'node.xml'}")


@pytest.mark.parametrize(
    ("words", "lacking"),
    [
        ("detach-nic nobody lan", "there is no domain nobody"),
        ("detach-nic web1 other", "domain web1 has no nic other"),
        (f"detach-nic {TWO} {MAC}", f"domain 2 has no nic {MAC}"),
        (f"detach-nic {TWO[:-1]}0 lan", f"there is no domain {TWO[:-1]}0"),
        ("delete-network nothing", "network nothing does not exist"),
        ("remove-dns-record nothing --host nas", "network nothing does not exist"),
        ("remove-dns-record default --host nas", "network default has no record host nas"),
        ("remove-forward nobody 8080", "there is no domain nobody"),
        ("remove-forward web1 8080", "domain web1 has no forward 8080"),
        ("release-address nothing web1", "network nothing does not exist"),
        ("release-address default nobody", "there is no domain nobody"),
        ("release-address default web1/other", "domain web1 has no nic other"),
        ("release-address default web1", "nothing is reserved for web1/lan"),
        (f"release-address default {MAC}", f"nothing is reserved for {MAC}"),
        ("release-address default --hostname nas", "nothing is reserved for nas"),
        ("release nobody", "there is no domain nobody"),
        ("release web1/other", "domain web1 has no nic other"),
        ("release web1/lan", "domain web1: there is no hold on lan"),
    ],
)
def test_what_is_gone(words: str, lacking: str) -> None:
    code, printed, said = run(*words.split())
    assert (code, printed) == (1, "")
    assert lacking in said
    code, printed, said = run(*words.split(), "--if-exists")
    assert (code, printed) == (0, "")
    assert said.startswith("nothing to take away: ")
    assert lacking in said
    code, printed, said = run(*words.split(), "--if-exists", "--dry-run")
    assert (code, printed) == (0, "nothing to do\n")
    code, printed, _ = run(*words.split(), "--if-exists", "-o", "json")
    report = json.loads(printed)
    assert (code, report["kind"], report["changes"]) == (0, "report", [])
    assert lacking in report["notes"][0]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("detach-nic web1 lan", "nic web1/lan: removed"),
        ("delete-network default --force", "network default: removed"),
    ],
)
def test_what_is_there_goes(words: str, shown: str) -> None:
    code, printed, said = run(*words.split(), "--if-exists")
    assert code == 0, said
    assert shown in printed


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("detach-nic 2 lan", 4),
        ("detach-nic web1 lan --live", 4),
        ("remove-forward --unowned 8080", 4),
        ("remove-forward web1", 2),
        ("release-address default", 2),
        ("remove-dns-record default", 2),
        ("detach-nic web1 lan -c test:///no/such/node", 1),
    ],
)
def test_another_error_is_one(words: str, code: int) -> None:
    assert run(*words.split(), "--if-exists")[0] == code


def test_programs_say_so_too() -> None:
    with Host.connect() as host:
        assert host.detach_nic("nobody", "lan", if_exists=True).outcomes == ()
        assert host.dry_run.release("web1", if_exists=True).changes == ()
        with pytest.raises(NotFoundError):
            host.detach_nic("nobody", "lan")
        with pytest.raises(RefusedError):
            host.detach_nic("2", "lan", if_exists=True)
