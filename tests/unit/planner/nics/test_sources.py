"""The sources and attributes that only QEMU users know."""

from __future__ import annotations

import pytest

from tests.unit.libvirt_xml.samples import template
from tests.unit.planner.builders import (
    CONFIG,
    LIVE,
    domain,
    domain_xml,
    nic_xml,
    observed,
    plan,
    want,
    within,
)
from vnetmgr.errors import RefusedError, UsageError
from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.model.desired import NicWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.nic import Mode, NicPatch, Pairs, Source
from vnetmgr.model.record import replace
from vnetmgr.model.writes import AttachDevice

OFF = domain(domain_xml())
ON = domain(domain_xml(), domain_xml())

SOCKETS = [
    Source(Mode.SERVER, ":5555"),
    Source(Mode.CLIENT, "10.0.0.1:5555"),
    Source(Mode.MCAST, "230.0.0.1:5555"),
    Source(Mode.UDP, "10.0.0.2:6 10.0.0.1:5"),
]
PLUGGED = [
    Source(Mode.ETHERNET),
    Source(Mode.VHOSTUSER, "/run/x.sock"),
    Source(Mode.VDPA, "/dev/vhost-vdpa-0"),
]


def new(source: Source, extra: Pairs | None = None) -> NicWant:
    """A new nic, as import-qemu asks for it."""
    patch = NicPatch(source=source, extra=extra) if extra else NicPatch(source=source)
    return NicWant(
        domain="vm1",
        intent=Intent.CREATE,
        patch=patch,
        template=template(f"nic/{source.mode}.xml"),
    )


@pytest.mark.parametrize("source", SOCKETS + PLUGGED, ids=str)
def test_every_source_goes_into_the_config(source: Source) -> None:
    (step,) = plan(observed(OFF), new(source)).steps
    (op,) = step.ops
    assert isinstance(op.do, AttachDevice)
    assert read_nic(op.do.xml).source == source


@pytest.mark.parametrize("source", PLUGGED, ids=str)
def test_these_are_plugged_in(source: Source) -> None:
    writes = [op.do for op in plan(observed(ON), new(source)).steps[0].ops]
    assert [write.state for write in writes if isinstance(write, AttachDevice)] == [LIVE, CONFIG]


@pytest.mark.parametrize("source", SOCKETS, ids=str)
def test_sockets_are_not(source: Source) -> None:
    with pytest.raises(RefusedError, match=f"plugs no {source.mode} nic") as caught:
        plan(observed(ON), new(source))
    assert "--config" in (caught.value.hint or "")
    assert plan(observed(ON), within(new(source), CONFIG)).steps


@pytest.mark.parametrize("source", SOCKETS, ids=str)
def test_a_move_to_a_socket_waits_whatever_is_allowed(source: Source) -> None:
    seen = domain(domain_xml(nic_xml()), domain_xml(nic_xml(target="vnet0")))
    wanted = NicWant(
        domain="vm1", nic="lan", intent=Intent.UPDATE, patch=NicPatch(source=source, mtu=None)
    )
    made = plan(observed(seen), wanted, allow=("replug",))
    assert [change.scope for change in made.changes] == [(CONFIG,)]
    assert [change.scope for change in made.waiting] == [(LIVE,)]


def test_no_rom_bar_waits_for_the_next_start() -> None:
    off = (("rom.bar", "off"),)
    with pytest.raises(RefusedError, match=r"rom\.bar=off"):
        plan(observed(ON), new(Source(Mode.BRIDGE, "br0"), off))
    assert plan(observed(OFF), new(Source(Mode.BRIDGE, "br0"), off)).steps
    seen = domain(domain_xml(nic_xml()), domain_xml(nic_xml(target="vnet0")))
    made = plan(
        observed(seen), want(Intent.UPDATE, nic="lan", extra="rom.bar=off"), allow=("replug",)
    )
    assert [change.scope for change in made.waiting] == [(LIVE,)]


FITS = [
    (Source(Mode.BRIDGE, "br0"), "target.dev=tap7", None),
    (Source(Mode.BRIDGE, "br0"), "target.dev=vnet7", "would drop it"),
    (Source(Mode.BRIDGE, "br0"), "target.managed=no", "all other taps itself"),
    (Source(Mode.ETHERNET), "target.managed=no", "needs target.dev"),
    (Source(Mode.USER), "ip.prefix=24", "needs ip.address"),
    (Source(Mode.BRIDGE, "br0"), "script.path=/x", "for ethernet nics only"),
    (Source(Mode.BRIDGE, "br0"), "downscript.path=/x", "for ethernet nics only"),
    (Source(Mode.ETHERNET), "script.path=/x", None),
    (Source(Mode.USER), "ip.address=10.0.9.0", None),
    (Source(Mode.BRIDGE, "br0"), "ip.address=10.0.9.0", "only user mode"),
    (Source(Mode.ETHERNET), "backend.type=passt", "only user mode"),
    (Source(Mode.USER), "tune.sndbuf=0", "only a tap"),
    (Source(Mode.BRIDGE, "br0"), "tune.sndbuf=0", None),
    (Source(Mode.USER), "target.dev=tap7", "has a name on the host"),
    (Source(Mode.USER), "driver.rx_queue_size=1024", None),
    (Source(Mode.USER), "driver.rx_queue_size=2048", "256, 512, 1024"),
    (Source(Mode.USER), "driver.tx_queue_size=256", None),
    (Source(Mode.USER), "driver.tx_queue_size=512", "in silence"),
    (Source(Mode.VHOSTUSER, "/x"), "driver.tx_queue_size=1024", None),
    (Source(Mode.HOSTDEV, "0000:03:10.1"), "driver.packed=on", "the card itself"),
]


@pytest.mark.parametrize(("source", "extra", "problem"), FITS)
def test_where_an_extra_fits(source: Source, extra: str, problem: str | None) -> None:
    key, _, value = extra.partition("=")
    wanted = new(source, ((key, value),))
    if problem is None:
        assert plan(observed(OFF), wanted).steps
    else:
        with pytest.raises(UsageError, match=problem):
            plan(observed(OFF), wanted)


def test_driver_options_are_virtios() -> None:
    wanted = want(Intent.CREATE, bridge="br0", model="e1000", extra="driver.host.csum=off")
    with pytest.raises(UsageError, match="only virtio has driver options"):
        plan(observed(OFF), wanted)


def test_what_is_there_is_not_judged_again() -> None:
    odd = nic_xml(extra="<driver tx_queue_size='512'/>")
    assert plan(observed(domain(domain_xml(odd))), want(Intent.UPDATE, nic="lan", mtu="1400")).steps


def test_an_extra_waits_or_is_replugged() -> None:
    seen = domain(domain_xml(nic_xml()), domain_xml(nic_xml(target="vnet0")))
    wanted = want(Intent.UPDATE, nic="lan", extra="driver.packed=on")
    assert [change.scope for change in plan(observed(seen), wanted).waiting] == [(LIVE,)]
    made = plan(observed(seen), wanted, allow=("replug",))
    assert made.waiting == ()
    assert [change.scope for change in made.changes] == [(CONFIG, LIVE)]


@pytest.mark.parametrize("source", PLUGGED[1:], ids=str)
def test_some_are_virtio_only(source: Source) -> None:
    wanted = new(source)
    wanted = replace(wanted, patch=replace(wanted.patch, model="e1000e"))
    with pytest.raises(UsageError, match=f"a {source.mode} nic is virtio, not model e1000e"):
        plan(observed(OFF), wanted)


@pytest.mark.parametrize(
    ("source", "refused"),
    [
        (Source(Mode.BRIDGE, "br0"), None),
        (Source(Mode.BRIDGE, "br1"), "echo 'allow br1' >> /etc/qemu/bridge.conf"),
        (Source(Mode.DIRECT, "eth0"), "a domain of qemu:///system"),
        (Source(Mode.USER), None),
    ],
)
def test_what_a_session_has_no_right_to_is_refused(source: Source, refused: str | None) -> None:
    seen = observed(OFF)
    assert seen.links is not None
    links = replace(seen.links, session_bridges=frozenset({"br0"}))
    session = replace(seen, features=replace(seen.features, session=True), links=links)
    if refused is None:
        assert plan(session, new(source)).steps
        return
    with pytest.raises(RefusedError) as error:
        plan(session, new(source))
    assert refused in (error.value.hint or "")
