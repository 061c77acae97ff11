"""The administrator's file of hosts: what is read of it, and what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.json_schema import complaints
from tests.lab.waiting import eventually
from tests.unit.spec.texts import marked
from vnetmgr.errors import SpecError, UsageError
from vnetmgr.fleet import hosts_file
from vnetmgr.fleet.hosts_file import HOST_KEYS, HOSTS_KEYS, INVENTORY_KEYS, json_schema, load_hosts

EXAMPLE = """\
version: 1
hosts:
  kvm1: {connect: "qemu+ssh://root@kvm1/system"}
  kvm2: {connect: "qemu+tcp://10.0.0.2/system"}
"""


def written(tmp_path: Path, text: str) -> str:
    """A file that nobody else can write."""
    path = tmp_path / "hosts.yaml"
    path.write_text(text)
    path.chmod(0o644)
    return str(path)


def program(tmp_path: Path, text: str) -> str:
    """A program that nobody else can write."""
    path = tmp_path / "inventory"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def listing(tmp_path: Path, document: object) -> str:
    """A program that prints a document."""
    (tmp_path / "out.json").write_text(json.dumps(document))
    return program(tmp_path, f'[ "$*" = --list ] && exec cat {tmp_path}/out.json')


def with_inventory(tmp_path: Path, inventory: str, head: str = "version: 1\n") -> str:
    """A hosts file with an inventory."""
    return written(tmp_path, f"{head}inventory: {inventory}\n")


def uris(path: str) -> dict[str, str]:
    """Name -> URI."""
    return {host.name: host.connect for host in load_hosts(path).hosts}


def test_the_example(tmp_path: Path) -> None:
    path = written(tmp_path, EXAMPLE)
    hosts = load_hosts(path)
    assert (hosts.file, hosts.names) == (path, ("kvm1", "kvm2"))
    assert hosts.hosts[0].connect == "qemu+ssh://root@kvm1/system"
    assert str(hosts.hosts[1].origin) == f"{path}:4:3"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("§", ["the file is empty; a hosts file begins with version: 1"]),
        ("§hosts: {}", ["version is missing: a hosts file has version: 1"]),
        ("version: §2", ["version 2 is not known"]),
        ("version: 1\n§host: {}", ["host is no key of a hosts file. Did you mean hosts?"]),
        ("version: 1\nhosts: §[kvm1]", ["hosts has to be a map"]),
        ("version: 1\nhosts: {kvm1: §'qemu:///system'}", ["host kvm1 has to be a map"]),
        ("version: 1\nhosts: {§kvm1: {}}", ["host kvm1: connect is missing"]),
        (
            "version: 1\nhosts: {kvm1: {connect: §kvm1}, §a b: {connect: 'qemu:///system', §x: y}}",
            ["connect: 'kvm1' is no URI", "host 'a b': a name is letters", "x is no key of a host"],
        ),
        (
            "version: 1\nhosts:\n  a: {connect: 'test:///a'}\n  §a: {connect: 'test:///a'}",
            ["a stands twice in hosts; first at"],
        ),
        ("version: 1\nhosts: {a: {connect: §!!python/name:os x}}", ["hosts files have no tags"]),
        ("version: 1\ninventory: §inventory.py", ["is no absolute path of a program"]),
        ("version: 1\ninventory: §{groups: [a]}", ["inventory: program is missing"]),
    ],
)
def test_every_problem_at_its_place(tmp_path: Path, text: str, said: list[str]) -> None:
    clean, places = marked(text)
    path = written(tmp_path, clean)
    with pytest.raises(SpecError) as caught:
        load_hosts(path)
    found = sorted(map(str, caught.value.problems))
    for each, place, words in zip(found, places, said, strict=True):
        assert each.startswith(f"{path}:{place}: ")
        assert words in each


def test_who_may_write_it(tmp_path: Path) -> None:
    path = tmp_path / "hosts.yaml"
    path.write_text(EXAMPLE)
    path.chmod(0o666)
    with pytest.raises(UsageError, match="is not used, since it says which programs") as caught:
        load_hosts(str(path))
    assert caught.value.hint == f"chmod go-w {path}"


def test_a_file_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(hosts_file, "DEFAULT_FILE", str(tmp_path / "none.yaml"))
    with pytest.raises(UsageError, match=r"none\.yaml cannot be read: No such file") as caught:
        load_hosts()
    assert "--hosts FILE" in (caught.value.hint or "")
    with pytest.raises(UsageError, match="an empty path leads to no file of hosts"):
        load_hosts("")


INVENTORY = {
    "_meta": {
        "hostvars": {
            "kvm1": {"ansible_host": "10.0.0.1", "ansible_user": "admin", "ansible_port": 2222},
            "kvm2": {"vnetmgr_connect": "qemu+tcp://kvm2/system"},
            "me": {"ansible_connection": "local"},
        }
    },
    "all": {"children": ["kvm", "ungrouped"], "vars": {"ansible_user": "root"}},
    "kvm": {"children": ["edge"], "hosts": ["kvm1", "kvm2"], "vars": {"ansible_port": "22"}},
    "edge": {"hosts": ["kvm3"], "vars": {"ansible_port": 23}},
    "ungrouped": ["me"],
}


def test_an_inventory(tmp_path: Path) -> None:
    found = uris(with_inventory(tmp_path, listing(tmp_path, INVENTORY)))
    assert list(found.items()) == [
        ("kvm1", "qemu+ssh://admin@10.0.0.1:2222/system"),
        ("kvm2", "qemu+tcp://kvm2/system"),
        ("kvm3", "qemu+ssh://root@kvm3:23/system"),
        ("me", "qemu:///system"),
    ]


def test_groups_of_an_inventory(tmp_path: Path) -> None:
    path = listing(tmp_path, INVENTORY)
    inner = with_inventory(tmp_path, f"{{program: {path}, groups: edge}}")
    assert list(uris(inner)) == ["kvm3"]
    outer = with_inventory(tmp_path, f"{{program: {path}, groups: [kvm, ungrouped]}}")
    assert list(uris(outer)) == ["kvm1", "kvm2", "kvm3", "me"]
    with pytest.raises(SpecError, match=r"it has no group kvn\. Did you mean kvm"):
        uris(with_inventory(tmp_path, f"{{program: {path}, groups: [kvn]}}"))


def test_the_file_is_nearer_than_its_inventory(tmp_path: Path) -> None:
    path = with_inventory(tmp_path, listing(tmp_path, INVENTORY), EXAMPLE)
    assert uris(path)["kvm1"] == "qemu+ssh://root@kvm1/system"
    assert list(uris(path)) == ["kvm1", "kvm2", "kvm3", "me"]


def of(**hostvars: object) -> dict[str, object]:
    """An inventory of hosts."""
    return {"_meta": {"hostvars": hostvars}}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "it is no map"),
        ({"all": {"hosts": ["kvm1"]}}, "it has no _meta"),
        (of(kvm1=[]), "hostvars of kvm1 is no map"),
        ({**of(), "all": "x"}, "group all is no map"),
        ({**of(), "a": {"hosts": "kvm1"}}, "hosts of group a are no list of names"),
        ({**of(), "a": {"hosts": [{}]}}, "hosts of group a are no list of names"),
        (of(kvm1={"ansible_host": "{{ ip }}"}), "ansible_host is a template"),
        (of(kvm1={"ansible_port": [22]}), "ansible_port is no text"),
        (of(kvm1={"ansible_port": "22/x"}), "is no URI"),
        (of(kvm1={"ansible_host": "-oProxyCommand=touch /tmp/x"}), "is no name of a host"),
        (of(kvm1={"ansible_user": "-l"}), "is no name of a user"),
        (of(kvm1={"vnetmgr_connect": "qemu+ext:///system?command=/x"}), "runs a program"),
        (of(kvm1={"vnetmgr_connect": "qemu+ssh://a/system?command=/x"}), "runs a program"),
        (of(kvm1={"vnetmgr_connect": "qemu://a:b@c/system"}), "a password does not belong"),
        (of(**{"a\x1b[2J": {}}), r"host 'a\x1b[2J': a name is"),
    ],
)
def test_hostile_inventories(tmp_path: Path, document: object, said: str) -> None:
    path = with_inventory(tmp_path, listing(tmp_path, document))
    with pytest.raises(SpecError) as caught:
        load_hosts(path)
    assert said in caught.value.message
    assert caught.value.message.startswith(f"{path}:2:12: {tmp_path}/inventory --list: ")
    assert caught.value.message.isprintable()


def test_groups_in_a_circle(tmp_path: Path) -> None:
    groups = {"a": {"children": ["b"], "hosts": ["kvm1"]}, "b": {"children": ["a"]}}
    assert uris(with_inventory(tmp_path, listing(tmp_path, {**of(), **groups}))) == {
        "kvm1": "qemu+ssh://kvm1/system"
    }


def test_many_problems_are_counted(tmp_path: Path) -> None:
    hosts: dict[str, object] = {f"a b{number}": {} for number in range(15)}
    with pytest.raises(SpecError, match="5 more problems") as caught:
        load_hosts(with_inventory(tmp_path, listing(tmp_path, of(**hosts))))
    assert len(caught.value.problems) == 11


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("echo 'no: credentials' >&2; exit 3", "no: credentials (exit code 3)"),
        ("exit 1", "it says nothing (exit code 1)"),
        ("echo nothing", "this is no inventory: "),
        ("printf '\\377'", "what it prints is not UTF-8"),
        ("sleep 60", "it did not end within"),
        ("sleep 60 & echo {}", "it did not end within"),
        ("exec yes", "it prints more than"),
    ],
)
def test_programs_that_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, said: str
) -> None:
    monkeypatch.setattr("vnetmgr.fleet.inventory_run.TIMEOUT_S", 0.3 if "sleep" in body else 30)
    monkeypatch.setattr("vnetmgr.fleet.inventory_run.LARGEST", 1 << 20)
    with pytest.raises(UsageError) as caught:
        load_hosts(with_inventory(tmp_path, program(tmp_path, body)))
    assert said in caught.value.message


def test_what_it_leaves_behind_is_ended(tmp_path: Path) -> None:
    body = f"sleep 60 >&- 2>&- & echo $! > {tmp_path}/pid; echo '{json.dumps(of())}'"
    assert uris(with_inventory(tmp_path, program(tmp_path, body))) == {}
    pid = (tmp_path / "pid").read_text().strip()
    eventually(lambda: not is_running(pid), "the child ends")


def is_running(pid: str) -> bool:
    """Whether a process is there, and no zombie."""
    try:
        return Path("/proc", pid, "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_programs_that_are_not_run(tmp_path: Path) -> None:
    path = tmp_path / "inventory"
    text = with_inventory(tmp_path, str(path))
    with pytest.raises(UsageError, match="cannot be run: No such file"):
        load_hosts(text)
    path.write_text("#!/bin/sh\necho {}\n")
    path.chmod(0o644)
    with pytest.raises(UsageError, match="cannot be executed"):
        load_hosts(text)
    path.chmod(0o777)
    with pytest.raises(UsageError, match="is not run: others can write it"):
        load_hosts(text)


def test_the_schema_has_the_keys_of_the_reader() -> None:
    schema: dict[str, Any] = json_schema()
    keys = schema["properties"]
    assert tuple(keys) == HOSTS_KEYS
    assert tuple(keys["hosts"]["additionalProperties"]["properties"]) == HOST_KEYS
    assert tuple(keys["inventory"]["anyOf"][1]["properties"]) == INVENTORY_KEYS
    assert complaints(schema, yaml.safe_load(EXAMPLE)) == []
    for wrong in (
        {},
        {"version": 1, "hosts": {"a": {}}},
        {"version": 1, "host": {}},
    ):
        assert complaints(schema, wrong)
