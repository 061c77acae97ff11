"""Port forwards in specs: read, refused where they stand, merged, and exported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.planner.forwards.builders import (
    MAC,
    document,
    forward,
    forwarded,
    host,
    reserved,
    vm,
)
from tests.unit.spec.exporting import changes_nothing
from tests.unit.spec.test_schema import fits, spec_of
from tests.unit.spec.texts import load, marked, problems, write
from vnetmgr.model.forward import Forward
from vnetmgr.model.record import replace
from vnetmgr.spec.export import export_spec
from vnetmgr.spec.files import load_spec
from vnetmgr.spec.schema import json_schema
from vnetmgr.spec.wants import to_desired


def spec(body: str, *, name: str = "vm1", nics: str = "") -> str:
    """A spec of one domain's forwards."""
    own = f", nics: {{{nics}}}" if nics else ""
    return f"version: 1\ndomains:\n  {name}: {{forwards: {body}{own}}}\n"


WEB = Forward(host_port=8080, guest_port=80)
READ = {
    "the least": ("[{host_port: 8080, guest_port: 80}]", [WEB]),
    "everything": (
        "[{host_port: 8000-8010, guest_port: 80-90, protocol: udp, nic: lan, loopback: yes, "
        "allow_from: [192.0.2.0/24, 'fd00::/64'], guest_address: [10.0.0.5]}]",
        [
            forward(
                "8000-8010:80-90/udp",
                loopback="yes",
                allow_from=["192.0.2.0/24", "fd00::/64"],
                guest_address="10.0.0.5",
            )
        ],
    ),
    "an address": (
        "[{host_port: 8080, guest_port: 80, listen: 10.0.0.1}]",
        [replace(forward("10.0.0.1:8080:80"), nic=None)],
    ),
    "an IPv6 address": (
        "[{host_port: 8080, guest_port: 80, listen: 'fd00::1', nic: lan}]",
        [forward("[fd00::1]:8080:80")],
    ),
    "one that is allowed, and no list": (
        "[{host_port: 8080, guest_port: 80, nic: lan, allow_from: 192.0.2.1}]",
        [forward("8080:80", allow_from="192.0.2.1")],
    ),
    "one, and no list": ("{host_port: 8080, guest_port: 80}", [WEB]),
    "two": (
        "[{host_port: 8080, guest_port: 80}, {host_port: 8081, guest_port: 80}]",
        [WEB, replace(WEB, host_port=8081)],
    ),
    "a text": ("[8080:80]", [WEB]),
    "a text, and no list": ("8080:80", [WEB]),
    "a number in base 60": ("[8080:22]", [replace(WEB, guest_port=22)]),
    "all of a text": (
        "[127.0.0.1:8000-8010:80-90/UDP, '[fd00::1]:8080:80']",
        [
            replace(forward("127.0.0.1:8000-8010:80-90/udp"), nic=None),
            replace(forward("[fd00::1]:8080:80"), nic=None),
        ],
    ),
    "a text and a map": (
        "[8080:80, {host_port: 8081, guest_port: 80}]",
        [WEB, replace(WEB, host_port=8081)],
    ),
    "none": ("none", []),
    "an empty list": ("[]", []),
}


@pytest.mark.parametrize(("body", "found"), READ.values(), ids=READ)
def test_read(body: str, found: list[Forward], tmp_path: Path) -> None:
    (want,) = to_desired(load(tmp_path, spec(body))).forwards
    assert want.domain == "vm1"
    forwards: Any = getattr(want, "forwards", None)
    assert [each for each, _ in forwards] == found
    assert str(want.origin) == f"{tmp_path}/spec.yaml:3:9"
    assert all(str(origin).startswith(f"{tmp_path}/spec.yaml:3:") for _, origin in forwards)


def test_a_domain_that_says_nothing_of_them_is_left_alone(tmp_path: Path) -> None:
    text = "version: 1\ndomains: {vm1: {nics: {lan: {bridge: br0}}}}\n"
    assert to_desired(load(tmp_path, text)).forwards == ()


PORTS = "host_port: 8080, guest_port: 80"
CLASH = "leads to domain vm1 already"
PROBLEMS = {
    "no list": ("§8080", ["forwards has to be a list, or none, not 8080"]),
    "no forward": ("[§8080]", ["forward '8080' is not like 8080:80"]),
    "a name": ("[§web:8080:80]", ["forward 'web:8080:80': 'web' is no IP address"]),
    "a blank": ("[§'8080: 80']", ["forward '8080: 80' is not like 8080:80"]),
    "a blank, which makes a map": ("[§8080: 80]", ["a forward in one text has no blank"]),
    "ports that there are not": (
        "[§§70000:0]",
        ["forward '70000:0': port '70000' is", "forward '70000:0': port '0' is"],
    ),
    "a protocol of a text": ("[§8080:80/sctp]", ["forward '8080:80/sctp': protocol 'sctp'"]),
    "ranges of a text": ("[§8000-8010:80]", ["forward: 11 ports of the host cannot lead to 1"]),
    "a list in a list": ("[§[8080:80]]", ["a forward has to be a map"]),
    "nothing": ("[§~]", ["a forward has no value"]),
    "a text and the same as a map": (f"[8080:80, §{{{PORTS}}}]", [f"host port 8080/tcp {CLASH} "]),
    "a missing port": ("[§{host_port: 8080}]", ["forward: it needs both host_port and"]),
    "an unknown key": (f"[{{{PORTS}, §gest_port: 8}}]", ["gest_port is no key of a forward"]),
    "a port": ("[{host_port: §0, guest_port: 80}]", ["host_port: port '0' is not a whole"]),
    "ranges": (
        "[§{host_port: 8000-8010, guest_port: 80}]",
        ["forward: 11 ports of the host cannot lead to 1"],
    ),
    "a protocol": (f"[{{{PORTS}, protocol: §sctp}}]", ["protocol: protocol 'sctp' is not tcp"]),
    "loopback as an address": (
        f"[{{{PORTS}, listen: §'::1'}}]",
        ["listen: ::1 cannot be forwarded by the kernel"],
    ),
    "a network": (f"[{{{PORTS}, allow_from: §[lan]}}]", ["allow_from: 'lan' is no network"]),
    "a list of one": (
        f"[{{{PORTS}, listen: §[10.0.0.1]}}]",
        ["listen has to be one value, not a list"],
    ),
    "several": (
        f"[{{{PORTS}, protocol: §x}}, {{host_port: §0, guest_port: §0}}]",
        ["protocol: ", "host_port: ", "guest_port: "],
    ),
    "twice": (f"[{{{PORTS}}}, §{{{PORTS}}}]", [f"host port 8080/tcp {CLASH} (8080:80/tcp): "]),
    "within a range": (
        "[{host_port: 8000-8010, guest_port: 80-90}, §{host_port: 8005, guest_port: 80}]",
        [f"host port 8005/tcp {CLASH} (8000-8010:80-90/tcp): "],
    ),
    "on every address": (
        f"[{{{PORTS}, listen: 10.0.0.1}}, §{{{PORTS}}}]",
        [f"host port 8080/tcp {CLASH} (10.0.0.1:8080:80/tcp): "],
    ),
    "of two addresses": (f"[{{{PORTS}, listen: 10.0.0.1}}, {{{PORTS}, listen: 10.0.0.2}}]", []),
    "of two protocols": (f"[{{{PORTS}}}, {{{PORTS}, protocol: udp}}]", []),
}


@pytest.mark.parametrize(("body", "said"), PROBLEMS.values(), ids=PROBLEMS)
def test_problems(body: str, said: list[str], tmp_path: Path) -> None:
    text, places = marked(spec(body))
    found = problems(write(tmp_path, spec=text), below=tmp_path)
    wanted = [f"spec.yaml:{place}: {each}" for place, each in zip(places, said, strict=True)]
    assert [line[: len(each)] for line, each in zip(found, wanted, strict=False)] == wanted
    assert len(found) == len(wanted), found


@pytest.mark.parametrize(
    ("nic", "good"),
    [
        ("lan: {network: lab}", True),
        ("lan: {user: {}}", True),
        ("other: {bridge: br0}", True),
        ("lan: {bridge: br0}", False),
        ("lan: {direct: eth0}", False),
    ],
)
def test_its_nic(nic: str, good: bool, tmp_path: Path) -> None:  # noqa: FBT001
    text, (place,) = marked(spec(f"[§{{{PORTS}, nic: lan}}]", nics=nic))
    found = problems(write(tmp_path, spec=text), below=tmp_path)
    said = f"spec.yaml:{place}: host port 8080/tcp: nic lan is on "
    assert [line.startswith(said) for line in found] == ([] if good else [True])


@pytest.mark.parametrize(
    ("nic", "good"), [("lan: {network: lab}", False), ("lan: {user: {}}", True)]
)
def test_the_hosts_own_address_alone(nic: str, good: bool, tmp_path: Path) -> None:  # noqa: FBT001
    text, (place,) = marked(spec(f"[§{{{PORTS}, nic: lan, listen: 127.0.0.1}}]", nics=nic))
    found = problems(write(tmp_path, spec=text), below=tmp_path)
    said = f"spec.yaml:{place}: host port 127.0.0.1:8080/tcp: 127.0.0.1 alone cannot lead to nic"
    assert [line.startswith(said) for line in found] == ([] if good else [True])


def test_a_port_of_two_domains(tmp_path: Path) -> None:
    one, other = spec(f"[{{{PORTS}}}]"), spec(f"[{{{PORTS}}}]", name="vm2")
    assert problems(write(tmp_path, a=one, b=other), below=tmp_path) == [
        "b.yaml:3:20: host port 8080/tcp leads to domain vm1 already (8080:80/tcp): "
        "a.yaml:3:20 and b.yaml:3:20"
    ]


def test_one_list_in_two_files(tmp_path: Path) -> None:
    one, other = spec(f"[{{{PORTS}}}]"), spec("none")
    assert problems(write(tmp_path, a=one, b=other), below=tmp_path) == [
        "b.yaml:3:9: forwards of domain vm1 stand twice, and such a list is complete: "
        "a.yaml:3:9 and b.yaml:3:9"
    ]


def test_a_list_beside_the_nics_of_another_file(tmp_path: Path) -> None:
    nics = "version: 1\ndomains: {vm1: {nics: {lan: {network: lab}}}}\n"
    for texts in ({"a": spec(f"[{{{PORTS}}}]"), "b": nics}, {"a": nics, "b": spec("none")}):
        (domain,) = load_spec(write(tmp_path, **texts)).domains
        assert domain.forwards is not None
        assert len(domain.nics) == 1


SHAPES = {
    **{name: (body, True) for name, (body, _) in READ.items()},
    "a number": ("8080", False),
    "a text without a port": ("[8080:]", False),
    "a text with a protocol that is none": ("[8080:80/sctp]", False),
    "a blank in a text": ("[8080: 80]", False),
    "a list of numbers": ("[8080]", False),
    "a list within": (f"[[{{{PORTS}}}]]", False),
    "an empty map": ("{}", False),
    "a missing port": ("[{host_port: 8080}]", False),
    "a missing port, and no list": ("{host_port: 8080}", False),
    "an unknown key": (f"[{{{PORTS}, gest: 1}}]", False),
    "an unknown key, and no list": (f"{{{PORTS}, gest: 1}}", False),
    "a protocol": (f"[{{{PORTS}, protocol: sctp}}]", False),
}


@pytest.mark.parametrize(("body", "good"), SHAPES.values(), ids=SHAPES)
def test_the_schema_and_the_reader_say_the_same(body: str, good: bool, tmp_path: Path) -> None:  # noqa: FBT001
    assert (problems(write(tmp_path, spec=spec(body)), below=tmp_path) == []) is good
    assert fits(json_schema(), spec_of(spec(body))) is good


FORWARDS = (
    forward("8080:80"),
    forward("53:53/udp", allow_from=["192.0.2.0/24", "198.51.100.7/32"]),
    forward("8000-8010:80-90", loopback="yes"),
    forward("10.9.0.1:443:443", guest_address="10.0.0.100"),
)


def test_what_is_exported_reads_back_the_same(tmp_path: Path) -> None:
    there = forwarded(*FORWARDS)
    path = tmp_path / "spec.yaml"
    changes_nothing(there, path)
    (want,) = to_desired(load_spec([str(path)])).forwards
    forwards: Any = getattr(want, "forwards", None)
    assert tuple(each for each, _ in forwards) == FORWARDS
    assert fits(json_schema(), spec_of(path.read_text()))


def test_a_domain_without_any_is_exported_without_the_key() -> None:
    assert "forwards" not in export_spec(host(vm())).text


def test_one_whose_nic_is_gone_is_a_comment(tmp_path: Path) -> None:
    lost = replace(forward("8080:80"), nic="gone")
    text = export_spec(host(vm(lost, forward("53:53")))).text
    assert "# forward 8080:80/tcp: nic gone is gone" in text
    assert "\n    # forwards:" in text
    assert to_desired(load(tmp_path, text)).forwards == ()


def test_by_mac(tmp_path: Path) -> None:
    there = host(vm(replace(forward("8080:80"), nic=MAC)), network=document(reserved("10.0.0.100")))
    text = export_spec(there).text
    (want,) = to_desired(load(tmp_path, text)).forwards
    forwards: Any = getattr(want, "forwards", None)
    assert [each.nic for each, _ in forwards] == [MAC]
