"""What the commands that messages show are told, by what was said on the command line."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from vnetmgr.cli.called import told
from vnetmgr.cli.command import called_with
from vnetmgr.command import Called
from vnetmgr.runtime.session import Session

URI = "test:///default"
ALL = Called(connect=URI, hosts_file="hosts.yaml", hosts=("kvm1", "kvm2"), ovn_nb="tcp:x:1")


def test_it_is_what_was_said() -> None:
    assert called_with({}) == Called()
    assert called_with({"connect": URI, "ovn_nb": None}) == Called(connect=URI)
    given = {"hosts_file": "hosts.yaml", "host_names": ["kvm1", "kvm2"], "ovn_nb": "tcp:x:1"}
    assert called_with(given) == ALL._replace(connect=None)


def test_for_another_vnetmgr_it_is_what_that_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    said = json.loads(json.dumps({"called": Called(hosts=("kvm1",))._asdict()}))
    monkeypatch.setattr(Session, "current", SimpleNamespace(given=said))
    own = {"session": True, "connect": "qemu:///system", "ovn_nb": "tcp:x:1"}
    assert called_with(own) == Called(hosts=("kvm1",))
    monkeypatch.setattr(Session, "current", SimpleNamespace(given={}))
    assert called_with(own) == Called()


@pytest.mark.parametrize("found", [None, 7, [], {}, {"connect": 7, "hosts": "kvm1", "more": {}}])
def test_what_makes_no_sense_is_not_said(found: object) -> None:
    assert told(found) == Called()


def test_what_is_told_is_all() -> None:
    assert told(json.loads(json.dumps(ALL._asdict()))) == ALL
    assert told({"hosts": ["kvm1", 7]}) == Called(hosts=("kvm1",))
