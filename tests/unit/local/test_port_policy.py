"""What the kernel does to a port, beside what libvirt says of its nic."""

from __future__ import annotations

from subprocess import CompletedProcess
from typing import TYPE_CHECKING

import pytest

from vnetmgr.local import port_policy
from vnetmgr.model.nic import Mode, Nic, Source
from vnetmgr.model.values import Bandwidth, Burst, Rate

if TYPE_CHECKING:
    from pathlib import Path


def plain(kilobytes_per_s: int) -> Bandwidth:
    return Bandwidth(Rate(kilobytes_per_s))


TEN = "class htb 1:1 root leaf 2: prio 0 rate 10Mbit ceil 10Mbit burst 1600b cburst 1600b \n"
ODD = TEN.replace("10Mbit", "12001Kbit")
NIC = Nic(source=Source(Mode.BRIDGE, "br0"), target="vnet7")
PEAK = TEN.replace("ceil 10Mbit burst 1600b", "ceil 20Mbit burst 512Kb")
FULL = Bandwidth(Rate(1250), peak=Rate(2500), burst=Burst(512))
ROWS = {
    "neither": ("", "0", None, None, []),
    "both": (TEN, "1", plain(1250), True, []),
    "rounded": (ODD, "0", plain(1500), None, []),
    "still a rate": (TEN, "0", None, None, ["tc has 1250 kB/s for port vnet7, not none"]),
    "another": (TEN, "0", plain(375), None, ["tc has 1250 kB/s for port vnet7, not 3mbit"]),
    "no rate": ("", "0", plain(375), None, ["tc has no rate for port vnet7, not 3mbit"]),
    "in full": (PEAK, "0", FULL, None, []),
    "a floor is the network's": ("", "0", Bandwidth(floor=Rate(9)), None, []),
    "no peak": (
        TEN,
        "0",
        FULL,
        None,
        [
            "tc has a peak of 1250 kB/s for port vnet7, not 20mbit",
            "tc has a burst of 1600 bytes for port vnet7, not 512KiB",
        ],
    ),
    "still a peak": (
        PEAK,
        "0",
        plain(1250),
        None,
        ["tc has a peak of 2500 kB/s for port vnet7, not none"],
    ),
    "still isolated": ("", "1", None, None, ["port vnet7 is still isolated"]),
    "not isolated": ("", "0", None, True, ["port vnet7 is not isolated"]),
}


@pytest.mark.parametrize(
    ("said", "isolated", "inbound", "wants", "expected"), ROWS.values(), ids=ROWS.keys()
)
def test_problems(
    said: str,
    isolated: str,
    inbound: Bandwidth | None,
    wants: bool | None,  # noqa: FBT001
    expected: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = tmp_path / "vnet7" / "brport"
    port.mkdir(parents=True)
    (port / "isolated").write_text(f"{isolated}\n")
    monkeypatch.setattr(port_policy, "SYSFS", tmp_path)
    monkeypatch.setattr(
        port_policy, "attempt", lambda command: CompletedProcess(command, 0, said, "")
    )
    nic = Nic(source=NIC.source, target=NIC.target, inbound=inbound, isolated_port=wants)
    assert port_policy.policy_problems(nic) == expected


def test_what_is_no_port_is_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(port_policy, "SYSFS", tmp_path)
    assert port_policy.policy_problems(NIC) == []
