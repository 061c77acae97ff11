"""Several files are one spec; where two say the same thing, both places are told."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.unit.spec.texts import network, nic, problems, write
from vnetmgr.errors import ExitCode, SpecError, UsageError
from vnetmgr.spec.files import load_spec, spec_files

NAT = nic("{nat: true}")


def domain(body: str, *, name: str = "vm1") -> str:
    """A spec of one domain."""
    return f"version: 1\ndomains: {{{name}: {{{body}}}}}\n"


@pytest.mark.parametrize(
    ("one", "two", "said"),
    [
        (
            network("{}"),
            "version: 1\n\nnetworks:\n    lab: {}\n",
            ["b.yaml:4:5: network lab stands twice: a.yaml:3:3 and b.yaml:4:5"],
        ),
        (
            nic("{bridge: br0, mac: 52:54:00:00:00:01}"),
            nic("{bridge: br1, mac: 52:54:00:00:00:01}"),
            ["b.yaml:5:7: nic lan of domain vm1 stands twice: a.yaml:5:7 and b.yaml:5:7"],
        ),
        (
            "version: 1\nprune: yes\n",
            "version: 1\nprune: no\n",
            ["b.yaml:2:8: prune is said in two ways: a.yaml:2:8 and b.yaml:2:8"],
        ),
        (
            domain("prune: yes"),
            domain("prune: no"),
            ["b.yaml:2:24: prune of domain vm1 is said in two ways: a.yaml:2:24 and b.yaml:2:24"],
        ),
        ("version: 1\nprune: yes\n", "version: 1\nprune: true\n", []),
        ("version: 1\nprune: yes\n", "version: 1\n", []),
        (domain("prune: yes"), domain("nics: {}"), []),
        (domain("nics: {}"), domain("prune: no"), []),
        ("version: 1\n", "version: 2\n", ["b.yaml:1:10: version 2 is not known"]),
        (
            nic("{bridge: br0, mac: 52:54:00:00:00:01}"),
            nic("{bridge: br0, mac: 52:54:00:00:00:01}", name="wan"),
            ["b.yaml:5:31: MAC 52:54:00:00:00:01 of vm1/wan is that of vm1/lan (a.yaml:5:31)"],
        ),
        (
            network("{subnet: 10.1.0.0/16}"),
            network("{subnet: 10.1.2.0/24}", name="b"),
            [
                "b.yaml:3:15: subnet 10.1.2.0/24 of network b overlaps 10.1.0.0/16 of network lab "
                "(a.yaml:3:17)"
            ],
        ),
        (
            nic("{network: lab, portgroup: x}"),
            network("{portgroups: {y: {}}}"),
            ["a.yaml:5:38: network lab has no portgroup x"],
        ),
        (NAT, nic("{nat: true}", name="wan"), []),
        (NAT, network("{mode: nat}", name="default"), []),
        (
            "version: 3\nfoo: 1\n",
            "bar: 1\n",
            [
                "a.yaml:1:10: version 3",
                "a.yaml:2:1: foo is no",
                "b.yaml:1:1: bar is no key of a spec",
                "b.yaml:1:1: version is missing",
            ],
        ),
    ],
)
def test_two_files(one: str, two: str, said: list[str], tmp_path: Path) -> None:
    found = problems(write(tmp_path, a=one, b=two), below=tmp_path)
    assert [line[: len(each)] for line, each in zip(found, said, strict=False)] == said
    assert len(found) == len(said), found


def test_they_merge(tmp_path: Path) -> None:
    paths = write(
        tmp_path,
        a=nic("{nat: true, address: 10.1.0.5}") + "prune: yes\n",
        b=domain("nics: {wan: {bridge: br0}}, prune: yes"),
        c=domain("nics: {}", name="vm2"),
    )
    spec = load_spec(paths)
    assert spec.files == tuple(paths)
    assert (spec.prune, [want.name for want in spec.networks]) == (True, ["default"])
    one, two = spec.domains
    assert [nic.spec_name for nic in one.nics] == ["lan", "wan"]
    assert (one.prune, two.name, two.prune) == (True, "vm2", False)
    assert len(spec.addresses) == 1


def test_a_directory_is_its_yaml_files_by_name(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", ".c.yaml", "d.txt"):
        (tmp_path / name).write_text("version: 1\n")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "e.yaml").write_text("version: 1\n")
    files = [f"{tmp_path}/a.yml", f"{tmp_path}/b.yaml"]
    assert spec_files([str(tmp_path)]) == files
    assert spec_files([files[1], str(tmp_path), "-", "-"]) == [files[1], files[0], "-"]


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"# \xfc\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "dangling").mkdir()
    (tmp_path / "dangling" / "a.yaml").symlink_to("nowhere")
    for path, reason in [
        ("missing.yaml", "missing.yaml cannot be read: No such file or directory"),
        ("latin.yaml", "latin.yaml cannot be read: it is not UTF-8"),
        ("empty", "empty has no spec: no file in it ends in .yaml or .yml"),
        ("dangling", "dangling/a.yaml cannot be read: No such file"),
    ]:
        with pytest.raises(UsageError, match=reason) as caught:
            load_spec([str(tmp_path / path)])
        assert caught.value.hint


class _Input:
    @property
    def buffer(self) -> io.BytesIO:
        """Each time from its beginning."""
        return io.BytesIO(b"version: 1\nfoo: 1\n")


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", _Input())
    with pytest.raises(SpecError) as caught:
        load_spec(["-"])
    assert [str(each) for each in caught.value.problems] == ["<stdin>:2:1: foo is no key of a spec"]
    assert caught.value.exit_code is ExitCode.USAGE


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("\ufeffversion: 1\n", encoding="utf-8")
    assert load_spec([str(tmp_path)]).domains == ()
