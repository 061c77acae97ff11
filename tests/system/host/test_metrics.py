"""metrics tells what guests do, while libvirt comes and goes."""

from __future__ import annotations

import signal
import subprocess
import sys
from threading import Thread
from typing import TYPE_CHECKING

import libvirt
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.lab.waiting import eventually
from tests.system.conftest import ok

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lab import Lab
    from tests.system.conftest import Vm

pytestmark = pytest.mark.next

MAC, SECOND = "52:54:00:77:00:01", "52:54:00:77:00:02"
NIC = (
    f"<interface type='bridge'><mac address='{MAC}'/><source bridge='br0'/>"
    "<model type='virtio'/><alias name='ua-lan'/></interface>"
)
VNETMGR = (sys.executable, "-m", "vnetmgr")
ASK = "import urllib.request as r, sys; print(r.urlopen(sys.argv[1], timeout=20).read().decode())"


class Values(dict[str, list[tuple[dict[str, str], float]]]):
    """What a scrape says, by name without its prefix."""

    @classmethod
    def read(cls, text: str) -> Values:
        found = cls()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                name = sample.name.removeprefix("vnetmgr_")
                found.setdefault(name, []).append((sample.labels, sample.value))
        return found

    def nic(self, name: str, mac: str = MAC) -> float | None:
        """The value of a nic."""
        values = [value for labels, value in self.get(name, []) if labels["mac"] == mac]
        return values[0] if values else None

    def of(self, name: str) -> float:
        """The same, of one that is there."""
        value = self.nic(name)
        assert value is not None
        return value


class Serving:
    """A `metrics --listen` in the lab."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.process = lab.popen(
            [*VNETMGR, "metrics", "--listen", "0", "--doctor-interval", "1s", "-v"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        assert self.process.stderr is not None
        self.url = self.process.stderr.readline().split()[-1]
        self._lines: list[str] = []
        # All the time: a pipe that is full would hold it up.
        self._reader = Thread(target=self._lines.extend, args=(self.process.stderr,), daemon=True)
        self._reader.start()
        self.said = ""

    def scrape(self) -> Values:
        return Values.read(ok(self._lab.run([sys.executable, "-c", ASK, self.url])))

    def until(self, check: Callable[[Values], bool], what: str) -> Values:
        """The first scrape that is as it should be."""
        found = Values()

        def look() -> bool:
            found.clear()
            found.update(self.scrape())
            return check(found)

        eventually(look, what)
        return found

    def end(self) -> int:
        """Its exit code; what it has said is in `said`."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self._reader.join(60)
        self.said = "".join(self._lines)
        return code


@pytest.fixture
def plugged(vm: Vm) -> Vm:
    """The shared guest with a nic on br0, its link up."""
    vm.guest.domain.attachDeviceFlags(NIC, libvirt.VIR_DOMAIN_AFFECT_LIVE)
    vm.guest.domain.attachDeviceFlags(NIC, libvirt.VIR_DOMAIN_AFFECT_CONFIG)
    return vm


@pytest.fixture
def serving(plugged: Vm) -> Iterator[Serving]:
    found = Serving(plugged.lab)
    with found.process:
        yield found
        found.process.kill_all()


def test_once(plugged: Vm) -> None:
    found = Values.read(ok(plugged.lab.vnetmgr("metrics")))
    assert found["libvirt_up"] == [({}, 1.0)]
    assert (found.nic("nic_link_up"), found.nic("nic_orphan")) == (1.0, 0.0)
    assert found.nic("nic_used") == 0.0
    assert [labels["bridge"] for labels, _ in found["bridge_carrier"]] == ["br0"]


def test_served(plugged: Vm, serving: Serving) -> None:
    lab, guest = plugged.lab, plugged.guest
    assert serving.scrape().nic("nic_transmit_packets_total") == 0.0
    guest.dhcp(MAC)
    found = serving.until(lambda found: found.nic("nic_used") == 1.0, "the guest has sent")
    # As libvirt itself counts, from the guest's side.
    target = next(nic["target"] for nic in plugged.nics())
    counted = guest.domain.interfaceStats(target)
    assert 0 < found.of("nic_transmit_packets_total") <= counted[5]
    assert found.of("nic_receive_bytes_total") <= counted[0]
    assert found.of("nic_transmit_bytes_total") <= counted[4]

    # No event tells of a link; libvirt's files do.
    down = NIC.replace("<model", "<link state='down'/><model")
    guest.domain.updateDeviceFlags(down, libvirt.VIR_DOMAIN_AFFECT_LIVE)
    serving.until(lambda found: found.nic("nic_link_up") == 0.0, "the link is down")
    assert serving.scrape().nic("nic_pending_fields") == 1.0

    def broken(found: Values) -> bool:
        findings = [labels for labels, _ in found.get("doctor_finding", [])]
        return any(each["nic"] == "lan" and each["layer"] == "link" for each in findings)

    serving.until(broken, "doctor has seen it")
    assert serving.scrape()["doctor_run_success"] == [({}, 1.0)]

    second = NIC.replace(MAC, SECOND).replace("ua-lan", "ua-second")
    guest.domain.attachDeviceFlags(second, libvirt.VIR_DOMAIN_AFFECT_LIVE)
    serving.until(lambda found: found.nic("nic_link_up", SECOND) == 1.0, "a second nic")
    guest.domain.detachDeviceFlags(second, libvirt.VIR_DOMAIN_AFFECT_LIVE)
    serving.until(lambda found: found.nic("nic_link_up", SECOND) is None, "it is gone")

    lab.kill_libvirtd()
    found = serving.until(lambda found: found["libvirt_up"] == [({}, 0.0)], "libvirt is gone")
    assert found.nic("nic_link_up") is None
    lab.start_libvirtd()
    found = serving.until(lambda found: found["libvirt_up"] == [({}, 1.0)], "libvirt is back")
    assert found.nic("nic_link_up") == 0.0

    assert serving.end() == 0
    assert "openReadOnly" in serving.said
    assert "Traceback" not in serving.said
