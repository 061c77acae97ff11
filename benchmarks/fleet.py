"""Many hosts at once: the curve, and that it is none that grows faster than their number."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from benchmarks.measure import Pair, Side
from benchmarks.row import VNETMGR, Benchmark
from benchmarks.spec_stage import on_test_driver, write_spec

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.stage import Stage

CURVE = (1, 10, 50, 100)
# Of one, what is measured is a start. A run of 100 hosts takes seconds, and its peer longer.
_LIMITS = {"list": (8.0, 1.5, 1.0, 1.0), "plan": (2.0, 1.0, 1.0, 1.0)}
_EFFORT = 0.25
_DOMAINS = 20
"""On each host."""
_AT_ONCE = 32
"""How many vnetmgr asks at once; its peers, too."""


class Fleet:
    """So many hosts of the test driver, with a spec that finds each as it says."""

    def __init__(self, directory: Path, hosts: int) -> None:
        self._directory = directory
        names = [[f"vm{host}-{each}" for each in range(_DOMAINS)] for host in range(hosts)]
        self._parts = []
        self._uris = []
        for host, domains in enumerate(names):
            first = host * _DOMAINS
            self._parts.append(write_spec(directory / f"part{host}.yaml", domains, first=first))
            self._uris.append(on_test_driver(directory / f"host{host}.xml", domains, first=first))
        self._spec = write_spec(directory / "spec.yaml", [each for part in names for each in part])
        self._file = write_hosts(directory / "hosts.yaml", self._uris)

    def listing(self) -> Side:
        """`list-nics` of all."""
        return Side(command=(VNETMGR, "list-nics", "--hosts", str(self._file)))

    def planning(self) -> Side:
        """`plan` of one spec for all."""
        return Side(command=(VNETMGR, "plan", str(self._spec), "--hosts", str(self._file)))

    def virsh_each(self) -> Side:
        """A virsh for each host, which is asked for the nics of each of its domains."""
        lines = [
            f"{uri} '{'; '.join(f'domiflist vm{host}-{each}' for each in range(_DOMAINS))}'"
            for host, uri in enumerate(self._uris)
        ]
        return self._each("virsh", "-q", "-c", arguments=lines)

    def plan_each(self) -> Side:
        """A vnetmgr for each host, which plans that one's part."""
        pairs = zip(self._uris, self._parts, strict=True)
        lines = [f"{uri} '{part}'" for uri, part in pairs]
        return self._each(VNETMGR, "plan", "-c", arguments=lines)

    def _each(self, *command: str, arguments: list[str]) -> Side:
        file = self._directory / "each"
        file.write_text("\n".join((*arguments, "")))
        xargs = ("xargs", "-a", str(file), "-n", "2", "-P", str(_AT_ONCE))
        return Side(command=(*xargs, *command))


def write_hosts(path: Path, uris: list[str]) -> Path:
    """A hosts file with a name for each URI."""
    lines = (f'  host{number}: {{connect: "{uri}"}}\n' for number, uri in enumerate(uris))
    path.write_text("version: 1\nhosts:\n" + "".join(lines))
    path.chmod(0o644)
    return path


def _list_beside_virsh(hosts: int, stage: Stage) -> Pair:
    fleet = Fleet(stage.directory(), hosts)
    return Pair(ours=fleet.listing(), peer=fleet.virsh_each())


def _plan_beside_each(hosts: int, stage: Stage) -> Pair:
    fleet = Fleet(stage.directory(), hosts)
    return Pair(ours=fleet.planning(), peer=fleet.plan_each())


def _list_beside_ten(stage: Stage) -> Pair:
    many, few = (Fleet(stage.directory(), hosts) for hosts in (100, 10))
    return Pair(ours=many.listing(), peer=few.listing())


def _plan_beside_ten(stage: Stage) -> Pair:
    many, few = (Fleet(stage.directory(), hosts) for hosts in (100, 10))
    return Pair(ours=many.planning(), peer=few.planning())


def _tcp_beside_ten(stage: Stage) -> Pair:
    admin = stage.pair().admin

    def listing(names: int) -> Side:
        uris = [f"qemu+tcp://kvm{1 + number % 2}/system" for number in range(names)]
        file = write_hosts(stage.directory() / "hosts.yaml", uris)
        command = (VNETMGR, "list-networks", "--hosts", str(file))
        return Side(command=admin.command_line(command), env=admin.environment)

    return Pair(ours=listing(100), peer=listing(10))


def _hosts(number: int) -> str:
    return f"{number} host{'s' * (number > 1)}"


FLEET = (
    *(
        Benchmark(
            name=f"fleet-list-{hosts}",
            ours=f"`list-nics` of {_hosts(hosts)}, {_DOMAINS} domains each",
            peer=f"`xargs -P {_AT_ONCE}` and a `virsh` fed {_DOMAINS} `domiflist` for each",
            limit=limit,
            pair=partial(_list_beside_virsh, hosts),
            effort=_EFFORT,
        )
        for hosts, limit in zip(CURVE, _LIMITS["list"], strict=True)
    ),
    *(
        Benchmark(
            name=f"fleet-plan-{hosts}",
            ours=f"`plan` of one spec for {_hosts(hosts)}, {_DOMAINS} domains each",
            peer=f"`xargs -P {_AT_ONCE}` and a `vnetmgr plan` of each one's part",
            limit=limit,
            pair=partial(_plan_beside_each, hosts),
            effort=_EFFORT,
        )
        for hosts, limit in zip(CURVE, _LIMITS["plan"], strict=True)
    ),
    Benchmark(
        name="fleet-list-growth",
        ours="`list-nics` of 100 hosts",
        peer="`list-nics` of 10 hosts",
        limit=10.0,
        pair=_list_beside_ten,
        effort=_EFFORT,
    ),
    Benchmark(
        name="fleet-plan-growth",
        ours="`plan` of one spec for 100 hosts",
        peer="`plan` of one spec for 10 hosts",
        limit=10.0,
        pair=_plan_beside_ten,
        effort=_EFFORT,
    ),
    Benchmark(
        name="fleet-tcp-growth",
        ours="`list-networks` of 100 names for two real hosts, over TCP",
        peer="`list-networks` of 10 names for them",
        limit=10.0,
        pair=_tcp_beside_ten,
        effort=_EFFORT,
        needs_lab=True,
        needs_pair=True,
    ),
)
