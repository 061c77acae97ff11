"""Commands on several hosts, each of them libvirt's own test driver."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
import typer

from tests.documents import read_document
from tests.driver.fleet.conftest import DEAD, UUID, run
from tests.driver.test_documents import CALLS, prepare
from vnetmgr.cli.app import app
from vnetmgr.render import console
from vnetmgr.render.answers.text import Look, text_of
from vnetmgr.render.blocks import Form

if TYPE_CHECKING:
    from pathlib import Path

BOTH = "--host kvm1,kvm2"
LISTS = (
    *("list-domains", "list-nics", "list-networks", "list-leases", "list-forwards"),
    *("list-models", "show-network default", "topology", "doctor", "metrics"),
)


@pytest.mark.parametrize("words", LISTS)
def test_every_host_is_asked(hosts: Path, words: str) -> None:
    ran = run(hosts, f"{words} {BOTH} -o json")
    assert (ran.code, ran["kind"], ran.said) == (0, "fleet", "")
    assert [item["host"] for item in ran["items"]] == ["kvm1", "kvm2"]
    for item in ran["items"]:
        assert read_document(json.dumps(item["result"]))["kind"] != "error"
        assert item["exit_code"] == 0


def test_one_that_is_off_holds_up_no_other_and_is_named(hosts: Path) -> None:
    ran = run(hosts, "list-domains --host kvm9,kvm1 -o json")
    assert ran.code == 1
    kvm1, kvm9 = ran["items"]  # in the order of the file
    assert kvm1["result"]["items"][0]["name"] == "web1"
    assert (kvm9["unreachable"], kvm9["error"]["kind"], kvm9["exit_code"]) == (True, "error", 1)
    assert ran.said.startswith("vnetmgr: kvm9: cannot connect")


def test_people_see_a_heading_for_each_host_that_has_something(hosts: Path) -> None:
    ran = run(hosts, "list-domains --host kvm*")
    lines = ran.out.splitlines()
    assert [lines[0], lines[3], lines[4]] == ["kvm1:", "", "kvm2:"]
    assert [line.split()[1] for line in lines if UUID in line] == ["web1", "db1"]
    assert (ran.code, len(lines)) == (1, 7)
    assert ran.said.count("vnetmgr: kvm9: ") == 1


def test_names_have_their_host(hosts: Path) -> None:
    ran = run(hosts, f"list-nics {BOTH} -o name")
    assert ran.out == "kvm1/web1/52:54:00:00:00:01\nkvm2/db1/52:54:00:00:00:02\n"


def test_columns(hosts: Path) -> None:
    ran = run(hosts, f"list-nics --columns mac,nic,mtu {BOTH}")
    assert ran.out.splitlines()[1].split() == ["MAC", "NIC", "MTU"]
    ran = run(hosts, "list-nics --columns nosuch")
    assert (ran.code, ran.out) == (2, "")
    assert "no column 'nosuch'" in ran.said


@pytest.mark.parametrize(
    ("words", "host"),
    [
        ("attach-nic db1 --network default --name lan", "kvm2"),
        ("attach-nic web1 --network default --name lan --dry-run", "kvm1"),
        (f"hold {UUID}2/52:54:00:00:00:02 --for 1h", "kvm2"),
        ("show-qemu-args web1", "kvm1"),
        ("import-qemu --attach db1 -- -nic user,model=e1000", "kvm2"),
        ("create-network new --subnet 10.77.0.0/24 --host kvm2", "kvm2"),
        ("start-network default --host kvm1", "kvm1"),
        ("add-dns-record default --host nas --address 192.168.122.9 --on-host kvm2", "kvm2"),
    ],
)
def test_one_host_is_changed(hosts: Path, words: str, host: str) -> None:
    command, behind, passed_on = words.partition(" -- ")
    chosen = "" if "host" in words else BOTH
    ran = run(None, f"{command} {chosen} -o json --hosts {hosts}{behind}{passed_on}")
    assert ran.code == 0, ran.said
    (item,) = ran["items"]
    assert item["host"] == host
    assert item["result"]["kind"] in ("report", "plan", "qemu-args")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("attach-nic nobody --user", 1, "no domain nobody on kvm1, kvm2"),
        ("list-nics web1 nobody", 1, "no domain nobody on kvm1, kvm2"),
        ("show-network nothing", 1, "no network nothing on kvm1, kvm2"),
        ("create-network new", 2, "create-network is done on one host, and 2 are chosen"),
        ("remove-forward --unowned 80", 2, "remove-forward is done on one host"),
        (
            "add-dns-record default --host nas --address 10.0.0.1",
            2,
            "name one with --on-host: kvm1, kvm2",
        ),
        ("import-qemu --file x", 2, "import-qemu alone prints nics, which are on no host"),
        ("import-qemu --attach web1 --file -", 2, "write the script into a file"),
        ("doctor --facts x", 2, "--facts is about this machine"),
        ("trace web1 gateway --facts x", 2, "--facts is about this machine"),
        ("metrics --listen 9477", 2, "--listen is about this machine"),
        ("topology --file /no/such", 2, "/no"),
    ],
)
def test_what_is_refused_changes_nothing(hosts: Path, words: str, code: int, said: str) -> None:
    chosen = "--on-host kvm1,kvm2" if "dns" in words else BOTH
    ran = run(hosts, f"{words} {chosen}")
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.said


def test_two_domains_of_one_name_are_refused_unless_the_host_is_named(hosts: Path) -> None:
    ran = run(hosts, "attach-nic app --network default --name lan --host old1,old2 -o json")
    assert (ran.code, ran["items"]) == (4, [])
    assert ran["errors"][0]["about"] == {"kind": "domain", "name": "app"} | dict.fromkeys(
        ("domain", "field")
    )
    assert run(hosts, "attach-nic app --network default --name lan --host old2").code == 0


def test_lists_name_things_that_some_hosts_have(hosts: Path) -> None:
    ran = run(hosts, f"list-networks lab {BOTH} -o json")
    assert [item["host"] for item in ran["items"]] == ["kvm2"]
    ran = run(hosts, f"list-nics *b1 {BOTH} -o json")
    assert [item["host"] for item in ran["items"]] == ["kvm1", "kvm2"]
    ran = run(hosts, "list-nics web1 --host kvm* -o json")  # kvm9 may have it, too
    assert [(item["host"], "error" in item) for item in ran["items"]] == [
        ("kvm1", False),
        ("kvm9", True),
    ]


def test_a_host_that_is_not_asked_for_is_no_trouble(hosts: Path) -> None:
    ran = run(hosts, "attach-nic web1 --network default --name lan --host kvm*")
    assert (ran.code, "was not looked for on kvm9" in ran.said) == (0, True)


def test_metrics_of_all_stand_together(hosts: Path) -> None:
    ran = run(hosts, f"metrics {BOTH}")
    values = [line for line in ran.out.splitlines() if line.startswith("vnetmgr_domain_running{")]
    assert values == [
        'vnetmgr_domain_running{domain="web1",managed_host="kvm1"} 1.0',
        'vnetmgr_domain_running{domain="db1",managed_host="kvm2"} 1.0',
    ]


def test_a_host_that_is_off_is_down_in_metrics(hosts: Path) -> None:
    ran = run(hosts, "metrics --host kvm1,kvm9")
    lines = [line for line in ran.out.splitlines() if line.startswith("vnetmgr_libvirt_up{")]
    assert lines == [
        'vnetmgr_libvirt_up{managed_host="kvm1"} 1.0',
        'vnetmgr_libvirt_up{managed_host="kvm9"} 0.0',
    ]
    assert 'managed_host="kvm9"' not in ran.out.replace(lines[1], "")
    assert (ran.code, "vnetmgr: kvm9: cannot connect" in ran.said) == (1, True)


def test_a_picture_has_all_hosts_in_it(hosts: Path, tmp_path: Path) -> None:
    ran = run(hosts, f"topology {BOTH} -o dot")
    assert 'label="kvm1/web1"' in ran.out
    assert "network kvm2/lab" in ran.out
    assert run(hosts, f"topology {BOTH} -o html --file {tmp_path / 'x.html'}").out == ""
    assert "kvm2/db1" in (tmp_path / "x.html").read_text()
    written = run(hosts, f"topology {BOTH} -o json --file {tmp_path / 'x.json'}")
    assert json.loads((tmp_path / "x.json").read_text()) == written


def test_quiet_and_verbose(hosts: Path) -> None:
    ran = run(hosts, "hold web1 --for 1h --host kvm1 --quiet")
    assert (ran.code, ran.out, ran.said) == (0, "", "")
    ran = run(hosts, "list-domains --host kvm1 --verbose")
    assert "kvm1: libvirt: " in ran.said or "listAllDomains" in ran.said


def test_nothing_of_it_is_loaded_for_a_command_of_one_host() -> None:
    code = (
        "import sys\nfrom vnetmgr.cli.app import app\n"
        "app(['list-nics', '-c', 'test:///default'], standalone_mode=False)\n"
        "assert not [name for name in sys.modules if 'fleet' in name or 'answers' in name and"
        " 'runtime' not in name]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_commands_that_mend_something_name_the_host(hosts: Path) -> None:
    called = f"vnetmgr update-network --hosts {hosts} --host kvm1 default --autostart"
    assert f"mend it: {called}" in run(hosts, "doctor web1 --host kvm*").out
    assert called in run(hosts, "topology --host kvm1").out
    assert run(None, called.removeprefix("vnetmgr ")).code == 0
    ran = run(hosts, "doctor web1 --host kvm1 -o json")
    remedies = [each["remedy"] for item in ran["items"] for each in item["result"]["items"]]
    assert called in remedies


def test_hints_and_notes_name_the_host(hosts: Path) -> None:
    host = f"--hosts {hosts} --host kvm1"
    ran = run(hosts, "start-network nope --host kvm1")
    assert f"hint: `vnetmgr list-networks {host}` shows those there are\n" in ran.said
    ran = run(hosts, "attach-nic web1 --network nope --host kvm*")
    assert f"hint: list them: vnetmgr list-networks {host}\n" in ran.said


def test_a_spec_in_the_place_of_a_name_is_not_taken_for_none(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    ran = subprocess.run(
        [sys.executable, "-m", "vnetmgr", "reconcile", "--this-host", "site"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 2
    assert "name the spec first: site --this-host" in ran.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_end_is_an_end_on_every_host(hosts: Path, number: int) -> None:
    """One of them never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"qemu+tcp://127.0.0.1:{silent.getsockname()[1]}/system"
        hosts.write_text(hosts.read_text().replace(DEAD, address))
        words = ["list-domains", "--hosts", str(hosts), "-o", "json", "--host", "kvm1,kvm9"]
        asked = subprocess.Popen(
            [sys.executable, "-m", "vnetmgr", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        waiting, _ = silent.accept()
        with waiting:
            asked.send_signal(number)
            out, _ = asked.communicate(timeout=60)
    assert asked.returncode == 130
    found = read_document(out)
    assert found["kind"] == "fleet"
    assert [item["host"] for item in found["items"]] == ["kvm1", "kvm9"]
    assert found["items"][1]["exit_code"] == 130


# What people see is read back from the document


SAME = tuple(
    call
    for call in CALLS
    if call.kind
    in ("report", "plan", "findings", "trace", "topology", "domains", "networks", "leases")
    and call.words.split()[0] not in ("validate", "install-service")
)


@pytest.mark.parametrize("call", SAME, ids=lambda call: call.words)
def test_a_document_says_what_the_command_does(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same words; risks are notes in a document, and an empty table names no connection."""
    printed = []
    for form in ("json", "table"):
        folder = tmp_path / form
        folder.mkdir()
        words = prepare(call.words, folder, monkeypatch)
        form_words = [] if "topology" in words and form == "table" else ["-o", form]
        out = StringIO()
        with redirect_stdout(out), redirect_stderr(StringIO()):
            typer.main.get_command(app).main([*words, *form_words], standalone_mode=False)
        printed.append(out.getvalue().replace(str(folder), ""))
    document = json.loads(printed[0])
    of_spec = call.words.split()[0] in ("plan", "apply", "reconcile", "watch")
    look = Look(
        show_waiting=not of_spec,
        summed=of_spec,
        changes_alone=call.words.startswith("reconcile NOTHING"),
        each_alone="/" in call.words,
    )
    out = StringIO()
    console.settle(Form.TABLE)
    with redirect_stdout(out), redirect_stderr(StringIO()):
        console.show(text_of(document, look))
    assert lines(out.getvalue()) == lines(printed[1])


def lines(text: str) -> list[str]:
    """What is in them, without what may differ."""
    return [" ".join(line.split(" ! ")[0].split()) for line in text.splitlines()]
