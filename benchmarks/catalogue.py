"""The benchmarks: what is measured, against what, and how much dearer it may be."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Pair, Side
from benchmarks.network_stage import NETWORK, reserving, restarting
from benchmarks.stage import TARGET, attaching, side

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.stage import Stage
    from tests.lab import Lab

_VNETMGR = str(Path(sys.prefix) / "bin/vnetmgr")
_MANY = 1000
# virt-xml reads every domain to find a free MAC: it takes as long as there are domains.
_SOME = 200
_GUESTS = 100


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """One comparison; `limit` is the ratio of ours to the peer's that it must not exceed."""

    name: str
    ours: str
    peer: str
    limit: float
    pair: Callable[[Stage], Pair]
    effort: int = 1
    """How many times the usual number of runs: more where the limit is near what is expected."""
    needs_lab: bool = False
    needs_virt_xml: bool = False


def _python(code: str) -> Side:
    return Side(command=(sys.executable, "-c", code))


def _virt_xml(uri: str, domain: str) -> tuple[str, ...]:
    nic = ("--add-device", "--network", "bridge=br0")
    return ("virt-xml", "--connect", uri, domain, *nic)


def _attach_nic(uri: str, domain: str) -> tuple[str, ...]:
    return (_VNETMGR, "attach-nic", domain, "--bridge", "br0", "-c", uri)


_IMPORT_TYPER = _python("import typer")
_ATTACH_TEST = Side(command=_attach_nic("test:///default", "test"))


def _attach_real_virt_xml(stage: Stage) -> Pair:
    lab = stage.lab(others=_SOME)
    return Pair(
        ours=attaching(lab, *_attach_nic(lab.uri, TARGET)),
        peer=attaching(lab, *_virt_xml(lab.uri, TARGET)),
    )


def _attach_real_many(stage: Stage) -> Pair:
    def ours(lab: Lab) -> Side:
        return attaching(lab, *_attach_nic(lab.uri, TARGET))

    return Pair(ours=ours(stage.lab(others=_MANY)), peer=ours(stage.lab(others=0)))


def _list_many(stage: Stage) -> Pair:
    lab = stage.lab(others=_MANY)
    script = str(Path(__file__).parent / "peers/list_nics.py")
    return Pair(
        ours=side(lab, _VNETMGR, "list-nics", "-c", lab.uri),
        peer=side(lab, sys.executable, script, lab.uri),
    )


def _restart_many(stage: Stage) -> Pair:
    """Twice the guests: the pair's ratio is 2 where time grows with their number, and no faster."""

    def restart(guests: int) -> Side:
        lab = stage.guests(guests)
        return restarting(lab, (_VNETMGR, "restart-network", NETWORK, "-c", lab.uri), guests)

    return Pair(ours=restart(_GUESTS), peer=restart(_GUESTS // 2))


def _reserve_many(stage: Stage) -> Pair:
    lab, mac = stage.reservations({"few": 10, "many": _MANY}), "52:54:00:bd:00:01"

    def reserve(network: str) -> Side:
        address = f"{stage.subnets[network]}.201.1"
        command = (_VNETMGR, "reserve-address", network, mac, address, "-c", lab.uri)
        return reserving(lab, command, network=network, mac=mac)

    return Pair(ours=reserve("many"), peer=reserve("few"))


BENCHMARKS = (
    Benchmark(
        name="version",
        ours="`vnetmgr --version`",
        peer='`python -c "import typer"`',
        limit=2.5,
        pair=lambda _: Pair(
            ours=Side(command=(_VNETMGR, "--version")),
            peer=_IMPORT_TYPER,
        ),
    ),
    Benchmark(
        name="help",
        ours="`vnetmgr --help`",
        peer='`python -c "import typer"`',
        limit=2.5,
        pair=lambda _: Pair(
            ours=Side(command=(_VNETMGR, "--help")),
            peer=_IMPORT_TYPER,
        ),
    ),
    Benchmark(
        name="attach-test-virt-xml",
        ours="`attach-nic` on `test:///default`",
        peer="`virt-xml --add-device`",
        limit=0.5,
        pair=lambda _: Pair(
            ours=_ATTACH_TEST,
            peer=Side(command=_virt_xml("test:///default", "test")),
        ),
        needs_virt_xml=True,
    ),
    Benchmark(
        name="attach-test-bare",
        ours="`attach-nic` on `test:///default`",
        peer="Python that imports typer, libvirt, lxml and ends",
        limit=1.5,
        pair=lambda _: Pair(
            ours=_ATTACH_TEST,
            peer=_python("import typer, libvirt, lxml.etree"),
        ),
    ),
    Benchmark(
        name="attach-real-virt-xml",
        ours="`attach-nic` on a real libvirtd with 200 domains",
        peer="`virt-xml --add-device`",
        limit=0.3,
        pair=_attach_real_virt_xml,
        needs_lab=True,
        needs_virt_xml=True,
    ),
    Benchmark(
        name="attach-real-1000",
        ours="`attach-nic` beside 1,000 other domains",
        peer="`attach-nic` beside none",
        limit=1.1,
        pair=_attach_real_many,
        effort=3,
        needs_lab=True,
    ),
    Benchmark(
        name="list-1000",
        ours="`list-nics` of 1,000 domains",
        peer="a bare libvirt-python and lxml loop",
        limit=1.2,
        pair=_list_many,
        needs_lab=True,
    ),
    Benchmark(
        name="restart-100",
        ours="`restart-network` with 100 running guests",
        peer="`restart-network` with 50",
        limit=2.0,
        pair=_restart_many,
        needs_lab=True,
    ),
    Benchmark(
        name="reserve-1000",
        ours="`reserve-address` beside 1,000 reservations",
        peer="`reserve-address` beside 10",
        limit=2.0,
        pair=_reserve_many,
        needs_lab=True,
    ),
)
