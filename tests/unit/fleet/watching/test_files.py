from pathlib import Path

import pytest

from vnetmgr.errors import SpecError, UsageError
from vnetmgr.fleet.hosts import Hosts, ManagedHost
from vnetmgr.fleet.watching.files import Files, Meant
from vnetmgr.fleet.watching.watched import Document
from vnetmgr.model.spec import Placed
from vnetmgr.spec.files import SpecText
from vnetmgr.spec.placed import read_bundle

NAMES = ("kvm1", "kvm2", "kvm3")
SPEC = """\
version: 1
domains:
  web1: {nics: {lan: {bridge: br0}}}
  db1: {host: kvm2, nics: {lan: {bridge: br0}}}
"""
UUIDS = {name: f"5f0c2f8e-2f0e-4d0c-9d6c-00000000000{number}" for number, name in enumerate(NAMES)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A spec."""
    path = tmp_path / "spec.yaml"
    path.write_text(SPEC)
    return path


def files(path: Path, *words: str, all_or_nothing: bool = False) -> Files:
    """The spec, and a file with three hosts."""
    hosts = tuple(ManagedHost(name=name, connect="test:///default") for name in NAMES)
    return Files(
        Meant(
            paths=(str(path),),
            hosts_file=str(path.parent / "hosts.yaml"),
            load_hosts=lambda: Hosts(file="hosts.yaml", hosts=hosts),
            words=words,
            all_or_nothing=all_or_nothing,
        )
    )


def domains(
    *names: str,
    state: str = "running",
    mac: str = "52:54:00:00:00:01",
    uuid: str = UUIDS["kvm1"],
) -> Document:
    """What a host has."""
    nics = [{"name": "lan", "mac": mac}]
    common = {"id": 1, "state": state, "running": True, "nics": nics}
    return {
        "kind": "domains",
        "items": [{"name": name, "uuid": uuid, **common} for name in names],
    }


def test_the_hosts_that_are_meant_are_told_the_whole_spec_and_where_its_domains_are(
    path: Path,
) -> None:
    read = files(path, "kvm[12]")
    assert read.load().names == ("kvm1", "kvm2")
    order = read.order({"kvm1": domains("web1", "other"), "kvm2": domains()})
    bundle = read_bundle(order.told)
    assert bundle.files == (SpecText(str(path), SPEC),)
    assert {name: each.host for name, each in bundle.placed.items()} == {
        "web1": "kvm1",
        "db1": "kvm2",
    }
    assert (order.errors, order.notes) == ((), ())


def test_what_no_host_is_known_to_have_is_nowhere(path: Path) -> None:
    read = files(path)
    read.load()
    order = read.order({"kvm1": domains(), "kvm2": None, "kvm3": domains()})
    assert read_bundle(order.told).placed["web1"] == Placed()
    assert len(order.notes) == 1


def test_while_it_migrates_a_domain_is_where_it_runs(path: Path) -> None:
    read = files(path)
    read.load()
    arriving = domains("web1", state="paused")
    order = read.order({"kvm1": domains("web1"), "kvm2": arriving, "kvm3": domains()})
    assert read_bundle(order.told).placed["web1"].host == "kvm1"


def test_what_a_lost_host_had_is_not_taken_for_another_of_its_name(path: Path) -> None:
    read = files(path)
    read.load()
    for document, host in ((domains("web1"), "kvm1"), (None, None), (domains(), "kvm2")):
        other = domains("web1", state="paused") if document else domains("web1", uuid=UUIDS["kvm2"])
        order = read.order({"kvm1": document, "kvm2": other, "kvm3": domains()})
        assert read_bundle(order.told).placed["web1"].host == host


def test_a_host_that_makes_no_sense_is_not_believed(path: Path) -> None:
    read = files(path)
    read.load()
    order = read.order({"kvm1": domains("web1", mac="no MAC"), "kvm2": domains(), "kvm3": None})
    assert read_bundle(order.told).placed["web1"] == Placed()
    assert "makes no sense" in order.errors[0].message


def test_what_is_wrong_is_left_out_or_else_all_of_it(path: Path) -> None:
    path.write_text(SPEC.replace("host: kvm2", "host: kvm9"))
    read = files(path)
    read.load()
    assert read.wrong is not None
    assert [each.place and each.place.line for each in read.wrong.problems] == [4]
    assert list(read_bundle(read.order({}).told).placed) == ["web1"]
    with pytest.raises(SpecError):
        files(path, all_or_nothing=True).load()
    path.write_text("no spec")
    with pytest.raises(SpecError):
        read.load()


def test_what_cannot_be_read_is_an_error_and_what_was_read_stays(path: Path) -> None:
    read = files(path)
    read.load()
    path.unlink()
    with pytest.raises(UsageError):
        read.load()
    assert list(read_bundle(read.order({}).told).placed) == ["web1", "db1"]


def test_either_file_counts(path: Path) -> None:
    read = files(path)
    seen = [read.fingerprint()]
    for name in ("hosts.yaml", "spec.yaml"):
        (path.parent / name).write_text("version: 1\n")
        seen.append(read.fingerprint())
    assert len(set(seen)) == 3
