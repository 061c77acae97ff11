"""Which domains the hosts have, as they say."""

from __future__ import annotations

from vnetmgr.errors import ExitCode
from vnetmgr.fleet.answer import Answer
from vnetmgr.fleet.domains import sensible


def lists(host: str, mac: str) -> Answer:
    domain = {
        "name": "web1",
        "uuid": "",
        "state": "running",
        "running": True,
        "nics": [{"name": None, "mac": mac}],
    }
    return Answer(host=host, code=ExitCode.DONE, document={"kind": "domains", "items": [domain]})


def test_a_list_that_makes_no_sense_is_no_answer() -> None:
    first = lists("kvm1", "52:54:00:00:00:01")
    (good, odd) = sensible([first, lists("kvm2", "\x1b[2J")])
    assert good == first
    assert (odd.document, odd.unreachable, odd.code) == (None, True, ExitCode.FAILED)
