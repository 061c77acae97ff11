"""Specs of many domains, and hosts that have them, for the benchmarks of desired state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libvirt

from benchmarks.domains import domain_xml, nic_xml
from benchmarks.least.writes import ALIAS, KEY, NAMESPACE, mark
from benchmarks.measure import BenchmarkError, Side

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.lab import Lab


def mac_of(number: int) -> str:
    """The MAC of the n-th domain's nic."""
    return f"52:54:00:be:{number // 256:02x}:{number % 256:02x}"


def write_spec(
    path: Path, names: Sequence[str], *, mtu: dict[str, int] | None = None, first: int = 0
) -> Path:
    """A spec with one nic on br0 for each domain; they are numbered from `first`."""
    lines = ["version: 1", "domains:"]
    for number, name in enumerate(names, first):
        extra = f", mtu: {mtu[name]}" if mtu and name in mtu else ""
        lines += [
            f"  {name}:",
            "    nics:",
            f'      lan: {{bridge: br0, mac: "{mac_of(number)}", model: virtio{extra}}}',
        ]
    path.write_text("\n".join(lines) + "\n")
    return path


def changing_one(lab: Lab, command: Sequence[str], *, domain: str) -> Side:
    """A command that gives one domain's nic an MTU; it is without before each run."""
    handle = lab.conn.lookupByName(domain)
    before = handle.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)

    def reset() -> None:
        lab.conn.defineXML(before)

    def check() -> None:
        if "<mtu" not in handle.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE):
            raise BenchmarkError(f"{domain} has no MTU after {' '.join(command)}")

    return Side(command=lab.command_line(command), env=lab.environment, before=reset, after=check)


def changing_none(lab: Lab, command: Sequence[str], domain: str) -> Side:
    """A command that finds that domain as it wants it."""
    handle = lab.conn.lookupByName(domain)
    before = handle.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)

    def check() -> None:
        after = handle.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
        # libvirt orders the controllers of a document that it reads anew.
        if sorted(after.splitlines()) != sorted(before.splitlines()):
            raise BenchmarkError(f"{domain} is not as it was after {' '.join(command)}")

    def reset() -> None:
        lab.conn.defineXML(before)

    return Side(command=lab.command_line(command), env=lab.environment, before=reset, after=check)


def attaching_to(lab: Lab, command: Sequence[str], *, names: Sequence[str]) -> Side:
    """A command that gives each of these domains its first nic."""
    fresh = [domain_xml(name, uuid=lab.conn.lookupByName(name).UUIDString()) for name in names]

    def reset() -> None:
        for document in fresh:
            lab.conn.defineXML(document)

    def check() -> None:
        for name in names:
            config = lab.conn.lookupByName(name).XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
            if config.count("<interface ") != 1:
                raise BenchmarkError(f"{name} has no nic after {' '.join(command)}")

    return Side(command=lab.command_line(command), env=lab.environment, before=reset, after=check)


def virsh_loop(lab: Lab, names: Sequence[str]) -> Sequence[str]:
    """A shell loop with a virsh for each domain."""
    script = lab.directory / "loop.sh"
    lines = (f"{_virsh(name, number)}" for number, name in enumerate(names))
    script.write_text("".join(f"virsh -q -c '{lab.uri}' {line}\n" for line in lines))
    return ("sh", "-e", str(script))


def virsh_at_once(lab: Lab, names: Sequence[str]) -> Sequence[str]:
    """One virsh that is fed all commands."""
    return _fed(lab, "all", [_virsh(name, number) for number, name in enumerate(names)])


def virsh_marking(lab: Lab, names: Sequence[str]) -> Sequence[str]:
    """The same, and each nic marked as a spec's."""
    lines = []
    for number, name in enumerate(names):
        text = mark(lab.conn.lookupByName(name).UUIDString())
        lines += [
            f"{_virsh(name, number)} --alias {ALIAS}",
            f'metadata {name} {NAMESPACE} --config --key {KEY} --set "{text}"',
        ]
    return _fed(lab, "marks", lines)


def _fed(lab: Lab, name: str, lines: Sequence[str]) -> Sequence[str]:
    script = lab.directory / f"{name}.virsh"
    script.write_text("\n".join(lines) + "\n")
    return ("sh", "-c", f"exec virsh -q -c '{lab.uri}' < {script}")


def _virsh(name: str, number: int) -> str:
    return f"attach-interface {name} bridge br0 --mac {mac_of(number)} --model virtio --config"


def on_test_driver(path: Path, names: Sequence[str], *, first: int = 0) -> str:
    """A file for the test driver with these domains, each with its nic; its URI."""
    domains = "".join(
        domain_xml(name, nic_xml(mac_of(number))).replace("type='qemu'", "type='test'", 1)
        for number, name in enumerate(names, first)
    )
    node = "<cpu><mhz>1</mhz><model>i686</model><active>1</active></cpu>"
    path.write_text(f"<node>{node}{domains}</node>")
    return f"test://{path}"
