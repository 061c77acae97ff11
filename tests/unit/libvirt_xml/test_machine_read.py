"""What a domain is run as, and what a host can run."""

from __future__ import annotations

import pytest

from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.machine_read import read_guest_machine, read_host_machines
from vnetmgr.model.seen.machine import GuestMachine, HostMachines

CAPABILITIES = """<capabilities><host><uuid>1111</uuid></host>
<guest><os_type>hvm</os_type><arch name='i686'><emulator>/q</emulator>
<machine maxCpus='255'>pc-i440fx-7.2</machine><domain type='qemu'/></arch></guest>
<guest><os_type>hvm</os_type><arch name='x86_64'><emulator>/q</emulator>
<machine canonical='pc-q35-7.2' maxCpus='288'>q35</machine><domain type='qemu'/>
<domain type='kvm'><machine>microvm</machine></domain></arch></guest></capabilities>"""


def test_a_guest() -> None:
    xml = """<domain type='kvm'><os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
    <devices><emulator>/usr/bin/qemu</emulator></devices></domain>"""
    found = read_guest_machine(xml)
    assert found == GuestMachine("x86_64", "pc-q35-7.2", "/usr/bin/qemu", "kvm")
    assert read_guest_machine("<domain/>") == GuestMachine()


def test_a_host() -> None:
    assert read_host_machines(CAPABILITIES) == HostMachines(
        uuid="1111",
        machines=frozenset(
            {
                ("i686", "pc-i440fx-7.2"),
                *(("x86_64", machine) for machine in ("q35", "pc-q35-7.2", "microvm")),
            }
        ),
        virt_types=frozenset({("i686", "qemu"), ("x86_64", "qemu"), ("x86_64", "kvm")}),
    )
    assert read_host_machines("<capabilities/>") == HostMachines()


@pytest.mark.parametrize("read", [read_guest_machine, read_host_machines])
def test_another_document_is_refused(read: type) -> None:
    with pytest.raises(VnetError):
        read("<network/>")
