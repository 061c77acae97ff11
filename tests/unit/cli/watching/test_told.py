"""What a watch tells the vnetmgr that keeps several hosts: documents, a line each."""

from __future__ import annotations

import json
import signal
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from vnetmgr.cli.watching import told
from vnetmgr.errors import VnetError
from vnetmgr.host.connect import Host
from vnetmgr.model.desired import Policy
from vnetmgr.model.plan import Report
from vnetmgr.render import console
from vnetmgr.render.blocks import Form
from vnetmgr.watch.orders import Orders

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    """The documents since."""
    console.begin()
    console.settle(Form.JSON)
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_everything_is_a_report_or_which_domains_there_are(
    said: Callable[[], list[dict[str, Any]]],
) -> None:
    telling = told._Telling()
    with Host.connect("test:///default") as host:
        telling.began(host)
        telling.domains(host)
        telling.domains(host)  # which are no others
    telling.report(Report(host="there"))
    telling.error(VnetError("it failed", "mend it"))
    telling.note("to be known")
    telling.reread()
    domains, done, failed, noted = said()
    assert (domains["kind"], [each["name"] for each in domains["items"]]) == ("domains", ["test"])
    assert {each["kind"] for each in (done, failed, noted)} == {"report"}
    assert [each["message"] for each in failed["errors"]] == ["it failed"]
    assert noted["notes"] == ["to be known"]


class Session:
    """Somebody at the other end."""

    def heard_by(self, hear: Callable[[dict[str, Any]], None]) -> None:
        """He says some things."""
        hear({})
        hear({"version": 1, "files": [], "placed": {}})
        hear({"placed": {}})
        hear({"of": "a later version"})


def test_only_what_is_a_spec_has_it_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    reread: list[None] = []

    def watch(*given: Any, tries_again: bool, follow: Any, **how: Any) -> signal.Signals:
        assert not tries_again
        follow(lambda: reread.append(None))
        return signal.SIGTERM

    monkeypatch.setattr("vnetmgr.watch.watch", watch)
    orders = Orders("kvm1", strict=False, prune=False)
    session: Any = Session()
    ended = told.watch_as_told(nullcontext, session, orders, Policy(), interval_s=1)  # type: ignore[arg-type]
    assert ended == signal.SIGTERM
    assert len(reread) == 2
