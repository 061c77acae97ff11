"""plan, apply and reconcile with --hosts, on hosts of libvirt's test driver."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.answering import answered

SPEC = """version: 1
networks:
  blue: {mode: isolated, bridge: blue0, subnet: 10.77.0.0/24, hosts: [kvm2]}
domains:
  web: {nics: {lan: {network: default}}}
  db: {host: kvm2, nics: {lan: {network: default}}}
"""
OFF = "qemu+unix:///system?socket=/nowhere/at/all"


class Hosts:
    """A file of hosts, and a spec."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.file, self.spec = folder / "hosts.yaml", folder / "spec.yaml"
        self.uris = {
            "kvm1": self._node("kvm1", web=1),
            "kvm2": self._node("kvm2", db=2),
        }
        self.spec.write_text(SPEC)
        self.write()

    def write(self, **others: str) -> None:
        """The file, with more hosts."""
        every = {**self.uris, **others}
        hosts = {name: {"connect": uri} for name, uri in every.items()}
        self.file.write_text(json.dumps({"version": 1, "hosts": hosts}))

    def _node(self, name: str, **domains: int) -> str:
        each = (
            f"<domain type='test'><name>{domain}</name>"
            f"<uuid>00000000-0000-0000-0000-0000000000{number:02}</uuid>"
            "<memory>8192</memory><os><type>hvm</type></os></domain>"
            for domain, number in domains.items()
        )
        network = (
            "<network><name>default</name><bridge name='virbr0'/>"
            "<ip address='192.168.122.1' netmask='255.255.255.0'/></network>"
        )
        (self._folder / name).write_text(f"<node>{''.join(each)}{network}</node>")
        return f"test://{self._folder / name}"

    def words(self, command: str, *more: str) -> list[str]:
        """A command line."""
        named = (str(self.spec), "--hosts", str(self.file))
        return [sys.executable, "-m", "vnetmgr", command, *named, *more]

    def run(self, command: str, *more: str) -> subprocess.CompletedProcess[str]:
        """Run it."""
        return subprocess.run(
            self.words(command, *more), capture_output=True, text=True, check=False, stdin=0
        )

    def json(self, command: str, *more: str, code: int = 0) -> dict[str, Any]:
        """Its document."""
        done = self.run(command, *more, "-o", "json")
        assert done.returncode == code, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        assert (found["kind"], found["version"]) == ("fleet", 1)
        return found


@pytest.fixture
def hosts(tmp_path: Path) -> Hosts:
    """kvm1 has web, kvm2 has db."""
    return Hosts(tmp_path)


def changes(document: dict[str, Any]) -> dict[str, list[str]]:
    """What changes on each host, or has."""
    return {
        item["host"]: [
            "/".join(filter(None, (each["object"], each["domain"], each["name"])))
            for each in item["result"]["changes"]
        ]
        for item in document["items"]
        if "result" in item
    }


ALL = {"kvm1": ["nic/web/lan"], "kvm2": ["network/blue", "nic/db/lan"]}


@pytest.mark.parametrize(
    ("words", "code", "kind"),
    [
        (("plan",), 0, "plan"),
        (("plan", "--check"), 3, "plan"),
        (("apply", "--dry-run"), 0, "plan"),
        (("apply",), 0, "report"),
        (("apply", "--max-changes", "3"), 0, "report"),
        (("reconcile",), 0, "report"),
        (("reconcile", "--max-changes", "3"), 0, "report"),
        (("reconcile", "--dry-run"), 3, "plan"),
    ],
)
def test_each_host_does_its_part(
    hosts: Hosts, words: tuple[str, ...], code: int, kind: str
) -> None:
    found = hosts.json(*words, code=code)
    assert changes(found) == ALL
    assert {item["result"]["kind"] for item in found["items"]} == {kind}
    assert found["notes"] == []


def test_one_is_chosen(hosts: Hosts) -> None:
    found = hosts.json("plan", "--host", "kvm1")
    assert changes(found) == {"kvm1": ALL["kvm1"]}


@pytest.mark.parametrize("command", ["apply", "reconcile"])
def test_all_changes_together_may_be_too_many(hosts: Hosts, command: str) -> None:
    done = hosts.run(command, "--max-changes", "2")
    assert done.returncode == 4
    assert "the plans of 2 hosts have 3 changes, and --max-changes allows 2" in done.stderr


def test_people_see_what_is_done_below_each_hosts_name(hosts: Hosts) -> None:
    done = hosts.run("plan")
    lines = done.stdout.splitlines()
    assert (done.returncode, lines[0]) == (0, "kvm1:")
    assert lines[1].startswith("+ nic web/lan (config)")
    assert "kvm2:" in lines
    assert [line for line in lines if line.startswith("planned:")] == [
        "planned: 1 added, 0 changed, 0 waiting",
        "planned: 2 added, 0 changed, 0 waiting",
    ]


def test_one_that_is_off_is_told_and_holds_up_no_other(hosts: Hosts) -> None:
    hosts.write(kvm9=OFF)
    hosts.spec.write_text(SPEC + "  gone: {nics: {lan: {network: default}}}\n")
    found = hosts.json("apply", code=1)
    assert changes(found) == ALL
    assert found["items"][2]["unreachable"]
    assert found["items"][2]["error"]["about"] == {
        "kind": "host",
        "name": "kvm9",
        "domain": None,
        "field": None,
    }
    assert found["notes"] == [
        "kvm9 has not answered, and no other host has gone: nothing is done for that"
    ]


def test_cron_is_silent_where_there_is_nothing_to_do(hosts: Hosts) -> None:
    hosts.spec.write_text("version: 1\ndomains: {web: {nics: {}}, nobody: {}}\n")
    for more in ((), ("--dry-run",)):
        done = hosts.run("reconcile", *more)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    hosts.spec.write_text("version: 1\ndomains: {web: {nics: {lan: {network: default}}}}\n")
    done = hosts.run("reconcile")
    assert done.stdout.splitlines()[0] == "kvm1:"
    assert "kvm2" not in done.stdout


def test_cron_without_a_spec_looks_after_forwards(hosts: Hosts) -> None:
    words = [sys.executable, "-m", "vnetmgr", "reconcile", "--hosts", str(hosts.file)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_is_left_for_monitoring_is_of_all(hosts: Hosts, tmp_path: Path) -> None:
    hosts.write(kvm9=OFF)
    report, metrics = tmp_path / "report.json", tmp_path / "metrics.prom"
    files = ("--report-file", str(report), "--metrics-file", str(metrics))
    assert hosts.run("reconcile", *files).returncode == 1
    found = json.loads(report.read_text())
    assert found["kind"] == "fleet"
    assert changes(found) == ALL
    lines = metrics.read_text().splitlines()
    success = [line for line in lines if line.startswith("vnetmgr_last_run_success{")]
    assert success == [
        f'vnetmgr_last_run_success{{host="{host}"}} {good}'
        for host, good in (("kvm1", 1), ("kvm2", 1), ("kvm9", 0))
    ]
    assert 'vnetmgr_last_run_changes{host="kvm2",result="done"} 2' in lines
    assert len([line for line in lines if line.startswith("# HELP")]) == 5
    hosts.file.write_text("version: 1\nhosts: {kvm1: 7}\n")
    assert hosts.run("reconcile", *files).returncode == 2
    found = json.loads(report.read_text())
    assert (found["kind"], found["items"], len(found["errors"])) == ("fleet", [], 1)


BROKEN = SPEC + "  bad: {nics: {lan: {bridge: br0, mtu: no}}}\n"


def test_what_is_broken_in_the_spec_is_told_once_and_the_rest_is_done(hosts: Hosts) -> None:
    hosts.spec.write_text(BROKEN)
    assert hosts.run("apply").returncode == 2
    done = hosts.run("reconcile")
    assert done.returncode == 1
    assert done.stderr.count("spec.yaml:7:") == 1
    assert "nic web/lan: added" in done.stdout
    assert hosts.run("reconcile", "--all-or-nothing").returncode == 2


def test_a_host_that_the_file_has_not_is_a_problem_with_its_place(hosts: Hosts) -> None:
    hosts.spec.write_text(SPEC.replace("host: kvm2", "host: kvm7"))
    done = hosts.run("plan")
    assert done.returncode == 2
    assert f"{hosts.spec}:6:14: {hosts.file} has no host kvm7" in done.stderr


def test_two_of_one_name_are_refused_unless_the_spec_says_which(hosts: Hosts) -> None:
    hosts.write(kvm3=hosts.uris["kvm1"].replace("kvm1", "kvm3"))
    node = Path(hosts.uris["kvm1"].removeprefix("test://"))
    node.with_name("kvm3").write_text(node.read_text().replace("0001<", "0009<"))
    found = hosts.json("apply", code=4)
    assert changes(found) == {"kvm1": [], "kvm2": ALL["kvm2"], "kvm3": []}
    assert "domain web is on kvm1, kvm3" in found["errors"][0]["message"]
    hosts.spec.write_text(SPEC.replace("web: {", "web: {host: kvm3, "))
    assert changes(hosts.json("apply")) == {"kvm1": [], "kvm2": ALL["kvm2"], "kvm3": ALL["kvm1"]}


def test_documents_are_of_one_host(hosts: Hosts) -> None:
    done = hosts.run("plan", "--xml")
    assert done.returncode == 2
    assert "--xml" in done.stderr


@pytest.mark.parametrize(
    ("keys", "code", "said"),
    [
        (b"y\n", 0, "2 added"),
        (b"n\n", 0, "nothing was changed"),
        (b"\x03", 130, "nothing was changed"),
        (b"\x04", 1, "nobody answered; nothing was changed"),
    ],
)
def test_all_plans_are_shown_and_somebody_is_asked_once(
    hosts: Hosts, keys: bytes, code: int, said: str
) -> None:
    ended, shown = answered(hosts.words("apply")[3:], keys)
    assert (ended, shown.count("[y/N]: ")) == (code, 1)
    before, _, behind = shown.partition("[y/N]: ")
    assert before.count("planned:") == 2
    assert said in behind


@pytest.mark.parametrize("command", ["plan", "apply", "reconcile"])
def test_who_ends_it_while_a_host_hangs_is_not_kept(
    hosts: Hosts, tmp_path: Path, command: str
) -> None:
    with socket.socket(socket.AF_UNIX) as hangs:
        hangs.bind(str(tmp_path / "hangs"))
        hangs.listen()
        hosts.write(kvm9=f"qemu+unix:///system?socket={tmp_path / 'hangs'}")
        with subprocess.Popen(hosts.words(command), stderr=subprocess.PIPE, text=True) as process:
            connection, _ = hangs.accept()
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=120)
            connection.close()
    assert (process.returncode, "nothing was changed" in said) == (130, True)


def test_nobody_is_asked_about_nothing(hosts: Hosts) -> None:
    hosts.spec.write_text("version: 1\ndomains: {web: {nics: {}}}\n")
    code, shown = answered(hosts.words("apply")[3:], b"")
    assert (code, "[y/N]" in shown) == (0, False)


FORWARDED = """version: 1
networks: {lab: {subnet: 10.78.0.0/24, hosts: [kvm1]}}
domains:
  web:
    nics: {lan: {network: lab}}
    forwards: [8080:80]
"""


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_forwards_that_cannot_be_had_from_here_are_named_beside_the_rest(
    hosts: Hosts, command: str
) -> None:
    hosts.spec.write_text(FORWARDED)
    items = {each["host"]: each["result"] for each in hosts.json(command, code=4)["items"]}
    changed = [each["object"] for each in items["kvm1"]["changes"]]
    assert changed == ["network", "address", "nic"]
    (error,) = items["kvm1"]["errors"]
    assert error["message"].startswith(
        f"{hosts.spec}:6:16: forward web/8080/tcp: port forwards are rules of "
    )
    assert "reach it by qemu+ssh:// in the hosts file" in error["hint"]
    assert (items["kvm2"]["changes"], items["kvm2"].get("errors")) == ([], None)
