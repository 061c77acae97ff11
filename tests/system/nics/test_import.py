"""The line that the books have, on a guest: it sees the very nic that QEMU would have given it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.system.conftest import Vm, element, ok

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab import Lab

MAC = "52:54:00:12:34:22"
BOOK = ("qemu-system-x86_64", "-m", "1024", "disk.img")
NIC = ("-net", f"nic,vlan=0,macaddr={MAC},model=e1000,addr=08", "-net", "user")


@pytest.fixture
def pc(lab: Lab) -> Iterator[Vm]:
    """A guest on the machine that the books are about: with conventional PCI."""
    guest = lab.guest("pc-import", machine="pc")
    yield Vm(lab, guest)
    guest.destroy()


def test_the_books_line_on_a_running_guest(pc: Vm) -> None:
    ok(pc.lab.vnetmgr("import-qemu", "--attach", pc.name, "--", *BOOK, *NIC))
    link = pc.guest.link(MAC)
    assert pc.guest.driver(MAC) == "e1000"
    device = pc.guest.sh(f"readlink -f /sys/class/net/{link}/device").strip()
    assert device.endswith("/0000:00:08.0")
    ids = pc.guest.sh(f"cat {device}/vendor {device}/device").split()
    assert ids == ["0x8086", "0x100e"]
    assert pc.guest.dhcp(MAC) == "10.0.2.15"
    for document in pc.documents():
        assert "slot='0x08'" in element(document, MAC)
    again = pc.lab.vnetmgr("import-qemu", "--attach", pc.name, "--", *BOOK, *NIC)
    assert "nothing to do" in ok(again) + again.stderr
    assert len(pc.nics()) == 1


SCRIPT = """\
#!/bin/sh
BR=br0
NICS="-netdev bridge,id=lan,br=$BR -device virtio-net-pci,netdev=lan,mac=52:54:00:12:34:23"
exec qemu-system-x86_64 -machine q35 -m 512 $NICS \\
  -nic user,model=e1000e  # no MAC: QEMU's own would be that of every guest
"""


def test_two_nics_of_a_script(vm: Vm) -> None:
    run = ("import-qemu", "--attach", vm.name, "--file", "-")
    result = vm.lab.vnetmgr(*run, input=SCRIPT)
    ok(result)
    assert "<stdin>:4: " in result.stderr
    lan, user = sorted(vm.nics(), key=lambda nic: str(nic["mode"]))
    assert (lan["name"], lan["mode"], lan["source"]) == ("lan", "bridge", "br0")
    assert (user["mode"], user["model"]) == ("user", "e1000e")
    assert user["mac"] not in (lan["mac"], "52:54:00:12:34:56", "52:54:00:12:34:57")
    assert vm.guest.driver(lan["mac"]) == "virtio_net"
    assert vm.guest.driver(user["mac"]) == "e1000e"
    ok(vm.lab.vnetmgr(*run, input=SCRIPT))
    assert len(vm.nics()) == 2
