"""Every option of a network on a real libvirt: made, changed, shown, exported, and made anew from
that, the network is the same."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any

import libvirt
import pytest

from tests.sysfs import make_sysfs
from tests.system.conftest import forget_networks, ok, refused
from tests.system.networks.at_rest import AT_REST, taken_in
from tests.system.networks.every_option import ROWS, Row
from tests.system.quick import Quick
from vnetmgr.model.network import OVERLAY_FIELDS, NetworkMode
from vnetmgr.model.options.networks import NETWORK_OPTIONS, OPTION_OF

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from subprocess import CompletedProcess

    from tests.lab import Lab

INACTIVE = libvirt.VIR_NETWORK_XML_INACTIVE
FAILED, BAD, UNSAFE = 1, 2, 4
# What libvirt makes up for a network, and what marks a spec's.
MADE_UP = re.compile(
    r"\s*<uuid>.*?</uuid>|\s*<mac address='[^']*'/>|\s*<metadata>\s*<vnetmgr:.*?</metadata>"
    r"| connections='\d+'",
    re.DOTALL,
)


@pytest.fixture(scope="module")
def quick(lab: Lab) -> Iterator[Quick]:
    """Commands, one after the other."""
    with Quick(lab) as quick:
        yield quick


@pytest.fixture(scope="module")
def resting(lab: Lab) -> Iterator[Quick]:
    """The same, with specs that leave networks off."""
    with Quick(lab, AT_REST) as quick:
        yield quick


@pytest.fixture
def host(lab: Lab) -> Iterator[Lab]:
    """A host without networks, before and after."""
    forget_networks(lab)
    yield lab
    forget_networks(lab)


@pytest.fixture
def card(lab: Lab, tmp_path: Path) -> Iterator[None]:
    """The lab seems to have an SR-IOV card."""
    lab.sh(f"mount --bind {make_sysfs(tmp_path / 'sys')} /sys")
    yield
    lab.sh("umount --lazy /sys")  # libvirtd may be at a file there


def documents(lab: Lab) -> tuple[str, ...]:
    """The network's config and live document, but for what is made up; none where it is not."""
    found = []
    for network in lab.conn.listAllNetworks():
        states = (INACTIVE, 0) if network.isActive() else (INACTIVE,)
        found += [MADE_UP.sub("", network.XMLDesc(flags)) for flags in states]
    return tuple(found)


def refuses(lab: Lab, quick: Quick, row: Row) -> None:
    """What is no value is told with everything else that is wrong, and nothing is touched."""
    before = documents(lab)
    for given, said in row.bad:
        also = ("--lease-time", "never") if "--mtu" in given else ("--mtu", "5")
        complaint = refused(creating(quick, row, given, *also), BAD)
        assert said in complaint
        assert also[0] in complaint
    for given, said in row.refused:
        result = creating(quick, row, given)
        assert result.returncode in (FAILED, BAD, UNSAFE)
        assert said in refused(result, result.returncode)
    assert documents(lab) == before


def creating(quick: Quick, row: Row, given: str, *also: str) -> CompletedProcess[str]:
    words = shlex.split(given)
    mode = () if "--mode" in words else ("--mode", row.mode)
    return quick("create-network", "bad", *mode, *words, *also)


def update(lab: Lab, quick: Quick, row: Row) -> None:
    """Change it: at once, or with a restart that was allowed."""
    change = ("update-network", "lab", *shlex.split(row.update))
    before = documents(lab)
    if not row.live and row.starts:
        assert "needs a restart of the network" in refused(quick(*change), UNSAFE)
        assert documents(lab) == before
        change = (*change, "--allow", "restart")
    ok(quick(*change))
    assert all(row.then in each for each in documents(lab)), documents(lab)
    assert documents(lab) != before
    assert quick(*change).stderr == "network lab is as asked; nothing to do\n"


def clear(lab: Lab, quick: Quick, option: str, row: Row) -> None:
    """Take it away in the config: until its next start the running network still has it."""
    none = (f"--{option.replace('_', '-')}", "none", "--config")
    if not row.clears:
        refused(quick("update-network", "lab", *none), BAD)
        return
    ok(quick("update-network", "lab", *none))
    config, live = documents(lab)
    assert row.then not in config
    assert row.then in live
    assert row.key in shown(quick, "pending")


def shown(quick: Quick, key: str) -> Any:
    """What show-network says of it, to programs."""
    return json.loads(ok(quick("show-network", "lab", "-o", "json")))[key]


@pytest.mark.parametrize("option", [option for option in ROWS if ROWS[option].starts])
def test_an_option_all_the_way(option: str, host: Lab, quick: Quick, tmp_path: Path) -> None:
    row = ROWS[option]
    if row.switch:
        if reason := host.lacks("openvswitch"):
            pytest.skip(reason)
        host.openvswitch()
    made_and_changed(host, quick, row)
    (tmp_path / "export.yaml").write_text(ok(quick("export")))
    rebuilt(host, quick, tmp_path / "export.yaml")
    if NETWORK_OPTIONS[option].clearable and "none" not in row.update:
        clear(host, quick, option, row)


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize("option", [option for option in ROWS if not ROWS[option].starts])
def test_an_option_that_stays_off(option: str, host: Lab, resting: Quick, tmp_path: Path) -> None:
    row = ROWS[option]
    if row.lacking:
        assert row.lacking in refused(creating(resting, row, row.create), UNSAFE)
        assert documents(host) == ()
        return
    made_and_changed(host, resting, row, "--no-start")
    (tmp_path / "export.yaml").write_text(taken_in(ok(resting("export"))).spec)
    rebuilt(host, resting, tmp_path / "export.yaml")


def made_and_changed(lab: Lab, quick: Quick, row: Row, *start: str) -> None:
    """Make a network with it, and change it; what programs are shown follows."""
    refuses(lab, quick, row)
    ok(quick("create-network", "lab", "--mode", row.mode, *start, *shlex.split(row.create)))
    assert all(row.has in each for each in documents(lab)), documents(lab)
    first = shown(quick, row.key)
    if row.update:
        update(lab, quick, row)
        assert shown(quick, row.key) != first


def rebuilt(lab: Lab, quick: Quick, path: Path) -> None:
    """What was exported changes nothing, and makes the network anew."""
    before = documents(lab)
    plan = quick("plan", path, "--check")
    assert (plan.returncode, plan.stdout.strip()) == (0, "nothing to do"), plan
    ok(quick("delete-network", "lab"))
    assert documents(lab) == ()
    ok(quick("apply", path, "--yes"))
    assert documents(lab) == before


def test_every_option_has_a_row() -> None:
    """Those of overlays alone take OVN (tests/driver/overlays)."""
    of_overlays = {OPTION_OF[field] for field in OVERLAY_FIELDS & NetworkMode.NAT.kind.lacks}
    assert ROWS.keys() == NETWORK_OPTIONS.keys() - of_overlays
