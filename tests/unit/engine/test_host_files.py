"""What is not wanted by a key of ssh's that is for vnetmgr alone: files of the machine."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import pytest

from vnetmgr.api.specs import load_desired
from vnetmgr.api.wants import nic_desired
from vnetmgr.engine.host_files import refuse_host_files
from vnetmgr.errors import RefusedError
from vnetmgr.model.intent import Intent
from vnetmgr.model.options.dnsmasq import FILES, check_line

if TYPE_CHECKING:
    from vnetmgr.model.desired import Desired

NIC = "domains: {web1: {nics: {lan: {bridge: br0, extra: {%s}}}}}"
NETWORK = "networks: {lab: {mode: nat, subnet: 192.168.150.0/24, %s}}"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (NIC % "rom.file: /etc/shadow", "extra"),
        (NIC % "driver.name: qemu, script.path: /tmp/x", "extra"),
        (NETWORK % "tftp_root: /etc", "tftp_root"),
        (NETWORK % "dns_options: [no-resolv, conf-script=/tmp/x]", "dns_option"),
        (NETWORK % "dns_options: ['log-facility = /etc/cron.d/x']", "dns_option"),
    ],
)
def test_a_spec_that_names_one_is_refused(said: str, field: str) -> None:
    with pytest.raises(RefusedError) as caught:
        refuse_host_files(load_desired(StringIO(f"version: 1\n{said}")))
    [problem] = caught.value.problems
    assert problem.about is not None
    assert problem.about.field == field


@pytest.mark.parametrize(
    "said",
    [
        NIC % "driver.name: qemu",
        NETWORK % "dns_options: [no-resolv], bootp: pxelinux.0",
        NETWORK % "tftp_root: none, dns_options: none",
    ],
)
def test_others_are_not(said: str) -> None:
    refuse_host_files(load_desired(StringIO(f"version: 1\n{said}")))


def test_nor_is_what_takes_one_away() -> None:
    def desired(text: str) -> Desired:
        return nic_desired("web1", {"extra": [text]}, intent=Intent.UPDATE, nic="lan")

    refuse_host_files(desired("rom.file=none"))
    with pytest.raises(RefusedError):
        refuse_host_files(desired("rom.file=/etc/shadow"))


def test_the_options_are_dnsmasqs() -> None:
    for name in FILES:
        assert check_line(name if name == "read-ethers" else f"{name}=x")


@pytest.mark.parametrize(
    ("ovn", "fields"),
    [
        ("{northbound: 'unix:/run/ovn/ovnnb_db.sock'}", ["northbound"]),
        (
            "{northbound: 'ssl:a:1', private_key: /k, certificate: /c, ca_cert: /a}",
            ["private_key", "certificate", "ca_cert"],
        ),
        ("{northbound: 'ssl:a:1', revision: 1, fleet: prod}", []),
    ],
)
def test_of_ovn(ovn: str, fields: list[str]) -> None:
    desired = load_desired(StringIO(f"version: 1\novn: {ovn}"))
    if not fields:
        refuse_host_files(desired)
        return
    with pytest.raises(RefusedError) as caught:
        refuse_host_files(desired)
    assert [problem.about and problem.about.field for problem in caught.value.problems] == fields
