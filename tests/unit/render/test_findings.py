"""What doctor says to people."""

from __future__ import annotations

from typing import Any

from tests.unit.model.path.examples import FACTS
from vnetmgr.errors import ExitCode, VnetError
from vnetmgr.model.path.finding import Diagnosis, Finding, Layer, NicPath, Status
from vnetmgr.model.plan import Report
from vnetmgr.render.blocks import Form, Line, Table
from vnetmgr.render.documents.findings import FINDINGS, ShownFindings
from vnetmgr.render.findings import render_findings


def finding(status: Status, cause: str = "it is so", **values: Any) -> Finding:
    fields = {"domain": "web1", "nic": "lan", "check": "a-check", "layer": Layer.TAP} | values
    return Finding(status=status, cause=cause, **fields)


def diagnosis(
    *paths: tuple[Finding, ...], named: frozenset[tuple[str, str]] = frozenset()
) -> Diagnosis:
    return Diagnosis(
        uri=FACTS.uri,
        host=FACTS.host,
        paths=tuple(
            NicPath(domain=each[0].domain, nic=each[0].nic, findings=each) for each in paths
        ),
        named=named,
    )


OK = finding(Status.OK, "it is there")
UNSEEN = finding(Status.NOT_CHECKED, "needs root")
BROKEN = finding(
    Status.BROKEN, "a rule drops it", owner="Docker", remedy="iptables -D X", layer=Layer.FIREWALL
)
LATER = finding(Status.BROKEN, "no answer", layer=Layer.DHCP, check="another-check")


def texts(found: Diagnosis) -> list[str]:
    return [each.text for each in render_findings(found, form=Form.TABLE) if isinstance(each, Line)]


def test_a_healthy_path_is_short_and_says_what_was_not_checked() -> None:
    assert texts(diagnosis((OK,))) == ["web1/lan: nothing wrong in 1 check"]
    assert texts(diagnosis((OK, OK, UNSEEN, UNSEEN))) == [
        "web1/lan: nothing wrong in 2 checks; 2 not checked: needs root"
    ]
    assert texts(diagnosis((UNSEEN,))) == ["web1/lan: nothing was checked: needs root"]
    assert texts(diagnosis()) == ["no domains on qemu:///system"]


def test_what_people_stumble_over_is_said_and_breaks_nothing() -> None:
    found = diagnosis((OK, finding(Status.INFO, "it cannot reach its host")))
    assert texts(found)[1] == "  info: it cannot reach its host"
    assert found.exit_code is ExitCode.DONE


def test_the_first_cause_is_on_top_with_whose_it_is_and_what_mends_it() -> None:
    found = diagnosis((OK, BROKEN, LATER))
    assert texts(found)[:3] == [
        "web1/lan: a rule drops it",
        "  whose it is: Docker",
        "  mend it: iptables -D X",
    ]
    assert found.exit_code is ExitCode.FAILED
    (table,) = (each for each in render_findings(found, form=Form.TABLE) if isinstance(each, Table))
    assert [row[:2] for row in table.rows] == [
        ("tap", "ok"),
        ("firewall", "broken"),
        ("dhcp", "broken"),
    ]


def rows(found: Diagnosis) -> list[tuple[str, ...]]:
    (table,) = (each for each in render_findings(found, form=Form.TABLE) if isinstance(each, Table))
    return [tuple(row[:3]) for row in table.rows]


def test_what_is_good_stands_together_but_for_a_nic_that_is_asked_for_by_itself() -> None:
    dhcp = finding(Status.NOT_CHECKED, "needs root", layer=Layer.DHCP)
    path = (OK, OK, UNSEEN, dhcp, BROKEN, LATER, OK)
    assert rows(diagnosis(path)) == [
        ("tap", "ok", "2 checks"),
        ("tap, dhcp", "not-checked", "2 checks"),
        ("firewall", "broken", "a-check"),
        ("dhcp", "broken", "another-check"),
        ("tap", "ok", "a-check"),
    ]
    assert len(rows(diagnosis(path, named=frozenset({("web1", "lan")})))) == len(path)


def test_a_cause_in_common_is_said_once() -> None:
    paths = [
        (finding(Status.BROKEN, "bridge br0 is down", domain=f"web{number}"),)
        for number in range(9)
    ]
    said = texts(diagnosis(*paths))
    assert said[0] == "web0/lan, web1/lan, web2/lan, web3/lan and 5 more: bridge br0 is down"
    assert said[-6:] == ["", *(f"web{number}/lan: bridge br0 is down" for number in range(4, 9))]
    assert sum(text.endswith("from the guest outwards:") for text in said) == 4


def test_what_is_broken_comes_before_what_is_warned_of() -> None:
    warned = finding(Status.WARNING, "not started with the host", domain="a")
    found = diagnosis((warned,), (BROKEN,))
    assert [each.status for each in found.causes] == [Status.BROKEN, Status.WARNING]
    assert diagnosis((warned,)).exit_code is ExitCode.DONE


def test_causes_and_whole_paths_stand_apart() -> None:
    healthy = (finding(Status.OK, domain="web2"),)
    wrong = (finding(Status.BROKEN, "no", domain="web3"),)
    assert texts(diagnosis(healthy, wrong, healthy, healthy)) == [
        "web3/lan: no",
        "",
        "web2/lan: nothing wrong in 1 check",
        "",
        "web3/lan, from the guest outwards:",
        "",
        "web2/lan: nothing wrong in 1 check",
        "web2/lan: nothing wrong in 1 check",
    ]


def test_a_nic_that_is_asked_for_by_itself_is_shown_whole() -> None:
    found = diagnosis((OK,), named=frozenset({("web1", "lan")}))
    assert any(isinstance(each, Table) for each in render_findings(found, form=Form.TABLE))


def test_the_document_has_causes_and_what_could_not_be_mended() -> None:
    error = VnetError("no")
    shown = ShownFindings(diagnosis((OK, BROKEN)), errors=(error,))
    document = FINDINGS.whole(shown)
    assert [each["status"] for each in document["items"]] == ["ok", "broken"]  # type: ignore[attr-defined]
    assert [each["check"] for each in document["causes"]] == ["a-check"]  # type: ignore[attr-defined]
    assert "planned" not in document
    blocks = list(
        render_findings(diagnosis((OK,)), report=Report(host="h", errors=(error,)), form=Form.JSON)
    )
    assert error in blocks
