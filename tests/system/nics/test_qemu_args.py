"""show-qemu-args of a real guest: what QEMU runs with, without libvirt's descriptors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.system.conftest import ok
from vnetmgr.qemu_args.read import read_arguments

if TYPE_CHECKING:
    from tests.system.conftest import Vm


def shown(vm: Vm, *options: str) -> dict[str, Any]:
    printed = json.loads(ok(vm("show-qemu-args", *options, "-o", "json")))
    assert printed["kind"] == "qemu-args"
    items: list[dict[str, Any]] = printed["items"]
    (item,) = items
    return item


def test_config_and_live_name_what_the_guest_has(vm: Vm) -> None:
    ok(vm("attach-nic", "--bridge", "br0", "--name", "lan", "--queues", "2", "--mtu", "1400"))
    mac = vm.nic("lan")["mac"]
    bus = next(
        part for part in vm.guest.domain.XMLDesc(0).partition(mac)[2].split() if "bus=" in part
    )
    for options in ((), ("--live",)):
        item = shown(vm, *options)
        assert (item["name"], item["mac"]) == ("lan", mac)
        netdev, device = item["arguments"][1::2]
        assert ",br=br0,queues=2" in netdev
        assert device.startswith(f"virtio-net-pci,netdev=hostnet0,id=lan,mac={mac},mq=on,vectors=6")
        assert ",host_mtu=1400," in device
        assert f"bus=pci.{int(bus.split(chr(39))[1], 16)},addr=00" in device
        read = read_arguments(item["arguments"])
        assert read.problems == ()
        (nic,) = read.nics
        assert (nic.patch.mac, nic.patch.queues, nic.patch.mtu) == (mac, 2, 1400)
        assert str(nic.patch.source) == "bridge br0"


def test_a_network_is_its_bridge(vm: Vm) -> None:
    network = vm.lab.conn.networkCreateXML(
        "<network><name>shown</name><bridge name='virbr9'/>"
        "<ip address='192.168.79.1' netmask='255.255.255.0'/></network>"
    )
    try:
        ok(vm("attach-nic", "--network", "shown", "--model", "e1000", "--name", "net"))
        for options in ((), ("--live",)):
            item = shown(vm, *options)
            assert item["arguments"][1] == "bridge,id=hostnet0,br=virbr9"
            assert item["legacy"][-1] == "bridge,vlan=0,br=virbr9"
            assert "network shown is bridge virbr9" in item["notes"][0]
    finally:
        vm.strip()
        network.destroy()
