"""The benchmarks: what is measured, against what, and how much dearer it may be."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.fleet import FLEET
from benchmarks.forward_stage import asking
from benchmarks.measure import Memory, Pair, Side
from benchmarks.metrics_stage import domifstat_each, scraping
from benchmarks.network_stage import NETWORK, reserving, restarting
from benchmarks.overlays import OVERLAYS
from benchmarks.row import VNETMGR, Benchmark
from benchmarks.spec_stage import (
    attaching_to,
    changing_none,
    changing_one,
    on_test_driver,
    virsh_at_once,
    virsh_loop,
    write_spec,
)
from benchmarks.stage import TARGET, attaching, side

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from benchmarks.stage import Stage
    from tests.lab import Lab

    _Commands: TypeAlias = Callable[[Lab, Sequence[str]], Sequence[str]]
    """A command for these domains of a host."""

_MANY = 1000
# virt-xml reads every domain to find a free MAC: it takes as long as there are domains.
_SOME = 200
_GUESTS = 100
_VERY_MANY = 5000
_MEMORY_MIB = 150
_FEW_FORWARDS = 10
_CONNECTIONS = 1000
_BYTES = 2 << 30
_PEERS = Path(__file__).parent / "peers"


def python(code: str) -> Side:
    """Python that runs this."""
    return Side(command=(sys.executable, "-c", code))


def _virt_xml(uri: str, domain: str) -> tuple[str, ...]:
    nic = ("--add-device", "--network", "bridge=br0")
    return ("virt-xml", "--connect", uri, domain, *nic)


def _attach_nic(uri: str, domain: str) -> tuple[str, ...]:
    return (VNETMGR, "attach-nic", domain, "--bridge", "br0", "-c", uri)


_IMPORT_TYPER = python("import typer")
IMPORT_ALL = python("import typer, libvirt, lxml.etree")
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
    script = str(_PEERS / "list_nics.py")
    return Pair(
        ours=side(lab, VNETMGR, "list-nics", "-c", lab.uri),
        peer=side(lab, sys.executable, script, lab.uri),
    )


def _complete_many(stage: Stage) -> Pair:
    """As the scripts of bash ask, the shell itself left out."""
    lab = stage.lab(others=_MANY)
    line = f"vnetmgr detach-nic -c {lab.uri} other"
    ours = side(lab, VNETMGR, line, str(len(line)), ":=")
    shell = {**lab.environment, "VNETMGR_COMPLETE": "bash"}
    return Pair(
        ours=replace(ours, env=shell),
        peer=side(lab, "virsh", "--readonly", "-c", lab.uri, "complete", "--", "domstate", "other"),
    )


def _restart_many(stage: Stage) -> Pair:
    """Twice the guests: the pair's ratio is 2 where time grows with their number, and no faster."""

    def restart(guests: int) -> Side:
        lab = stage.guests(guests)
        return restarting(lab, (VNETMGR, "restart-network", NETWORK, "-c", lab.uri), guests)

    return Pair(ours=restart(_GUESTS), peer=restart(_GUESTS // 2))


def _reserve_many(stage: Stage) -> Pair:
    lab, mac = stage.reservations({"few": 10, "many": _MANY}), "52:54:00:bd:00:01"

    def reserve(network: str) -> Side:
        address = f"{stage.subnets[network]}.201.1"
        command = (VNETMGR, "reserve-address", network, mac, address, "-c", lab.uri)
        return reserving(lab, command, network=network, mac=mac)

    return Pair(ours=reserve("many"), peer=reserve("few"))


def _forwarded(stage: Stage) -> Pair:
    lab = stage.forwards(_FEW_FORWARDS)
    return Pair(
        ours=asking(lab, direct=False, connections=1, size=_BYTES),
        peer=asking(lab, direct=True, connections=1, size=_BYTES),
    )


def _forwarded_many(stage: Stage) -> Pair:
    def ours(forwards: int) -> Side:
        lab = stage.forwards(forwards)
        return asking(lab, direct=False, connections=_CONNECTIONS, size=1)

    return Pair(ours=ours(_MANY), peer=ours(_FEW_FORWARDS))


def _others(stage: Stage) -> tuple[Lab, list[str]]:
    return stage.lab(others=_MANY), [f"other{number}" for number in range(_MANY)]


def _reconcile_noop(stage: Stage) -> Pair:
    lab, names = _others(stage)
    spec = write_spec(lab.directory / "noop.yaml", names)
    return Pair(
        ours=side(lab, VNETMGR, "reconcile", str(spec), "-c", lab.uri),
        peer=side(lab, sys.executable, str(_PEERS / "see_domains.py"), lab.uri),
    )


def _reconcile_memory(stage: Stage) -> Pair:
    """On a real libvirtd: the test driver keeps its domains in the memory of the command."""
    lab, names = stage.lab(others=_VERY_MANY), [f"other{number}" for number in range(_VERY_MANY)]
    spec = write_spec(lab.directory / "noop.yaml", names)
    ours = side(lab, VNETMGR, "reconcile", str(spec), "-c", lab.uri)
    return Pair(ours=ours, peer=Memory(_MEMORY_MIB))


def reconciling(stage: Stage, *ours: str) -> Pair:
    """A program on the test driver; it gets `-c`, the URI, and the spec."""
    names = [f"vm{number}" for number in range(_VERY_MANY)]
    directory = stage.directory()
    spec = write_spec(directory / "test.yaml", names)
    uri = on_test_driver(directory / "test.xml", names)
    return Pair(
        ours=Side(command=(*ours, "-c", uri, str(spec))),
        peer=Side(command=(sys.executable, str(_PEERS / "see_domains.py"), uri)),
    )


def _reconcile_one(stage: Stage) -> Pair:
    lab, names = _others(stage)
    noop = write_spec(lab.directory / "noop.yaml", names)
    one = write_spec(lab.directory / "one.yaml", names, mtu={names[500]: 1400})
    change = (VNETMGR, "reconcile", str(one), "-c", lab.uri)
    return Pair(
        ours=changing_one(lab, change, domain=names[500]),
        peer=changing_none(lab, (VNETMGR, "reconcile", str(noop), "-c", lab.uri), names[500]),
    )


def _validate(stage: Stage) -> Pair:
    names = [f"vm{number}" for number in range(_VERY_MANY)]
    spec = str(write_spec(stage.directory() / "validate.yaml", names))
    return Pair(
        ours=Side(command=(VNETMGR, "validate", spec)),
        peer=Side(command=(sys.executable, str(_PEERS / "load_yaml.py"), spec)),
    )


def attaching_many(stage: Stage, ours: _Commands, peer: _Commands = virsh_at_once) -> Pair:
    """Programs that give each of these domains a nic."""
    lab = stage.lab(others=_SOME)
    names = [f"other{number}" for number in range(_SOME)]
    return Pair(
        ours=attaching_to(lab, ours(lab, names), names=names),
        peer=attaching_to(lab, peer(lab, names), names=names),
    )


def _apply(lab: Lab, names: Sequence[str]) -> Sequence[str]:
    spec = write_spec(lab.directory / "attach.yaml", names)
    return (VNETMGR, "apply", str(spec), "--yes", "-c", lab.uri)


def _scrape_many(stage: Stage) -> Pair:
    lab, url = stage.scraped(_MANY)
    return Pair(ours=scraping(lab, url), peer=domifstat_each(lab))


BENCHMARKS = (
    Benchmark(
        name="version",
        ours="`vnetmgr --version`",
        peer='`python -c "import typer"`',
        limit=2.5,
        pair=lambda _: Pair(
            ours=Side(command=(VNETMGR, "--version")),
            peer=_IMPORT_TYPER,
        ),
    ),
    Benchmark(
        name="help",
        ours="`vnetmgr --help`",
        peer='`python -c "import typer"`',
        limit=2.5,
        pair=lambda _: Pair(
            ours=Side(command=(VNETMGR, "--help")),
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
        limit=1.1,
        pair=lambda _: Pair(
            ours=_ATTACH_TEST,
            peer=IMPORT_ALL,
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
        limit=0.9,
        pair=_list_many,
        needs_lab=True,
    ),
    Benchmark(
        name="complete-1000",
        ours="completion of a domain's name beside 1,000 domains",
        peer="virsh's own, `virsh complete`",
        limit=6.0,
        pair=_complete_many,
        needs_lab=True,
    ),
    Benchmark(
        name="reconcile-1000",
        ours="`reconcile` with nothing to do, 1,000 domains",
        peer="a bare libvirt-python and lxml loop",
        limit=1.0,
        pair=_reconcile_noop,
        needs_lab=True,
    ),
    Benchmark(
        name="reconcile-5000",
        ours="`reconcile` with nothing to do, 5,000 domains of the test driver",
        peer="a bare libvirt-python and lxml loop",
        limit=1.0,
        pair=lambda stage: reconciling(stage, VNETMGR, "reconcile"),
    ),
    Benchmark(
        name="reconcile-memory",
        ours="peak memory in MiB of `reconcile` with nothing to do, 5,000 domains",
        peer="150 MiB",
        limit=1.0,
        pair=_reconcile_memory,
        needs_lab=True,
    ),
    Benchmark(
        name="reconcile-one",
        ours="`reconcile` with one change among 1,000 domains",
        peer="`reconcile` with nothing to do",
        limit=1.3,
        pair=_reconcile_one,
        needs_lab=True,
    ),
    Benchmark(
        name="validate-5000",
        ours="`validate` of 5,000 nics",
        peer="loading that YAML with the C loader",
        limit=2.0,
        pair=_validate,
    ),
    Benchmark(
        name="attach-200-loop",
        ours="`apply` that gives 200 domains a nic",
        peer="200 `virsh attach-interface`",
        limit=0.2,
        pair=lambda stage: attaching_many(stage, _apply, virsh_loop),
        needs_lab=True,
    ),
    Benchmark(
        name="attach-200-at-once",
        ours="`apply` that gives 200 domains a nic",
        peer="one `virsh` fed 200 commands",
        limit=1.1,
        pair=lambda stage: attaching_many(stage, _apply),
        needs_lab=True,
    ),
    Benchmark(
        name="restart-100",
        ours="`restart-network` with 100 running guests",
        peer="`restart-network` with 50",
        limit=1.5,
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
    Benchmark(
        name="forward-throughput",
        ours="2 GiB by a forwarded port",
        peer="2 GiB by direct routing",
        limit=1.2,
        pair=_forwarded,
        needs_lab=True,
    ),
    Benchmark(
        name="forward-1000",
        ours="1,000 connections by one of 1,000 forwarded ports",
        peer="1,000 connections by one of 10",
        limit=1.2,
        pair=_forwarded_many,
        needs_lab=True,
    ),
    Benchmark(
        name="scrape-1000",
        ours="a scrape of `metrics --listen`, 1,000 running nics",
        peer="one `virsh` fed 1,000 `domifstat`",
        limit=0.5,
        pair=_scrape_many,
        needs_lab=True,
    ),
    *FLEET,
    *OVERLAYS,
)
