"""show-qemu-args and list-models, as users and scripts meet them."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest

from tests.driver.test_cli import MAC, as_json, on_a_terminal, run
from vnetmgr.model.qemu.models import NIC_MODELS
from vnetmgr.qemu_args.read import read_arguments

if TYPE_CHECKING:
    from pathlib import Path

DOMAIN = """<domain type='test'><name>old</name><memory>65536</memory>
<os><type arch='x86_64' machine='pc'>hvm</type></os><devices>
<interface type='user'><mac address='52:54:00:12:34:22'/><model type='e1000'/>
  <alias name='ua-lan'/><link state='down'/><rom file='/r o,m'/>
  <address type='pci' domain='0x0000' bus='0x00' slot='0x08' function='0x0'/></interface>
<interface type='network'><mac address='52:54:00:12:34:23'/><source network='lab'/>
  <model type='virtio'/></interface>
</devices></domain>"""
NETWORK = """<network><name>lab</name><bridge name='virbr7'/>
<ip address='192.168.77.1' netmask='255.255.255.0'/></network>"""


@pytest.fixture
def uri(tmp_path: Path) -> str:
    """A test host with one shut-off domain and one without nics."""
    empty = (
        "<domain type='test'><name>empty</name><memory>1</memory><os><type>hvm</type></os></domain>"
    )
    node = tmp_path / "node.xml"
    off = DOMAIN.replace(
        "<domain ", "<domain xmlns:test='http://libvirt.org/schemas/domain/test/1.0' "
    )
    off = off.replace("</domain>", "<test:runstate>5</test:runstate></domain>")
    node.write_text(f"<node>{NETWORK}{off}{empty}</node>")
    return f"test://{node}"


def test_arguments_for_people(uri: str) -> None:
    result = run("show-qemu-args", "old", "--connect", uri)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[:4] == [
        "# old/lan: user",
        "-netdev user,id=hostnet0 -device 'e1000,netdev=hostnet0,id=lan,mac=52:54:00:12:34:22,"
        "romfile=/r o,,m,bus=pci.0,addr=08'",
        "# the old form (since QEMU 3.0 without vlan=, and only one such pair):",
        "-net nic,vlan=0,macaddr=52:54:00:12:34:22,model=e1000,name=lan,addr=08 -net user,vlan=0",
    ]
    assert "# link down is no argument: set_link lan off in QEMU's monitor" in lines
    # The test driver names taps even in a config, so that it is no `-netdev bridge`.
    (second,) = [line for line in lines if line.startswith("-netdev tap,id=hostnet1,")]
    assert ",br=virbr7 " in second
    assert any("network lab is bridge virbr7" in line for line in lines)
    assert result.stderr == ""


def test_what_is_printed_can_be_pasted(uri: str) -> None:
    printed = run("show-qemu-args", "old", "--connect", uri).stdout
    words = [
        word
        for line in printed.splitlines()
        if line.startswith("-netdev")
        for word in shlex.split(line)
    ]
    items = json.loads(run("show-qemu-args", "old", "-c", uri, "-o", "json").stdout)["items"]
    assert words == [word for item in items for word in item["arguments"]]
    read = read_arguments(words)
    assert read.problems == ()
    assert [found.patch.mac for found in read.nics] == ["52:54:00:12:34:22", "52:54:00:12:34:23"]


def test_the_keys_of_show_qemu_args() -> None:
    printed = as_json("show-qemu-args", "test", "--live")
    assert set(printed) == {"kind", "version", "items"}
    assert printed["kind"] == "qemu-args"
    (item,) = printed["items"]
    assert set(item) == {"domain", "name", "mac", "arguments", "legacy", "notes"}
    assert (item["domain"], item["name"], item["mac"]) == ("test", None, MAC)
    assert item["arguments"][0::2] == ["-netdev", "-device"]
    assert item["legacy"][0::2] == ["-net", "-net"]
    assert all(isinstance(note, str) for note in item["notes"])


def test_a_domain_without_nics(uri: str) -> None:
    result = run("show-qemu-args", "empty", "--connect", uri)
    assert result.stdout == "# domain empty has no nic: -nic none\n"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("nope",), 1, "there is no domain nope"),
        (("old", "--live"), 4, "domain old does not run"),
        ((), 2, "DOMAIN"),
    ],
)
def test_refusals(uri: str, arguments: tuple[str, ...], code: int, message: str) -> None:
    result = run("show-qemu-args", *arguments, "--connect", uri)
    assert result.returncode == code
    assert message in result.stderr
    assert result.stdout == ""


def test_the_keys_of_list_models() -> None:
    printed = as_json("list-models", "--connect", "warp:///nowhere")  # needs no libvirt
    assert set(printed) == {"kind", "version", "items"}
    assert printed["kind"] == "models"
    by_name = {item["name"]: item for item in printed["items"]}
    assert set(by_name) == set(NIC_MODELS)
    for item in printed["items"]:
        assert {"name", "pci_id", "driver", "class", "speed_mbit", "machines", "source"} <= set(
            item
        )
    virtio = by_name["virtio"]
    assert (virtio["pci_id"], virtio["driver"]) == ("1af4:1041", "virtio_net")
    assert (virtio["class"], by_name["e1000e"]["class"]) == ("default", "recommended")
    assert by_name["rtl8139"]["class"] == "legacy"
    assert by_name["ne2k_isa"]["pci_id"] is None


def test_the_table_of_models() -> None:
    lines = run("list-models").stdout.splitlines()
    assert lines[0].split()[:2] == ["MODEL", "CLASS"]
    assert [line.split()[0] for line in lines[1:]] == list(NIC_MODELS)
    assert "82540EM" in on_a_terminal("list-models").replace("\r\n", "")


# What a nic can have and no argument is written for; each word of it has to come up.
REST = {
    "<ip address='10.9.0.0'/><ip address='10.7.0.0'/>": "10.7.0.0",
    "<rom enabled='no'/>": "rom enabled",
    "<coalesce><rx><frames max='7'/></rx></coalesce>": "coalesce",
    "<guest dev='eth7'/>": "guest dev",
    "<route family='ipv4' address='10.8.0.0' prefix='13' gateway='10.9.0.2'/>": "10.8.0.0",
}
SOURCES = {
    "<ip address='192.168.9.1' prefix='24'/>": "192.168.9.1",
    "<route family='ipv4' address='10.0.0.0' prefix='8' gateway='192.168.9.2'/>": "10.0.0.0",
}


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    nics = [
        f"<interface type='user'><mac address='52:54:00:00:00:{number:02x}'/>{inner}"
        "<model type='virtio'/></interface>"
        for number, inner in enumerate(REST)
    ]
    nics += [
        f"<interface type='ethernet'><mac address='52:54:00:00:01:{number:02x}'/>"
        f"<source>{inner}</source><model type='virtio'/></interface>"
        for number, inner in enumerate(SOURCES)
    ]
    nics += [
        "<interface type='vhostuser'><mac address='52:54:00:00:02:00'/><source type='unix' "
        "path='/run/s' mode='client'><reconnect enabled='yes' timeout='7'/></source>"
        "<model type='virtio'/></interface>",
        "<interface type='udp'><mac address='52:54:00:00:02:01'/><source address='10.0.0.2' "
        "port='5'><local address='10.0.0.1' port='6'/></source><model type='virtio'/></interface>",
    ]
    domain = DOMAIN.partition("<interface")[0] + "".join(nics) + "</devices></domain>"
    node = tmp_path / "node.xml"
    off = domain.replace(
        "<domain ", "<domain xmlns:test='http://libvirt.org/schemas/domain/test/1.0' "
    ).replace("</domain>", "<test:runstate>5</test:runstate></domain>")
    node.write_text(f"<node>{off}</node>")
    items = as_json("show-qemu-args", "old", "--connect", f"test://{node}")
    told = ["\n".join(item["notes"]) for item in items["items"]]
    words = [*REST.values(), *SOURCES.values(), "reconnect"]
    assert [word in notes for word, notes in zip(words, told, strict=False)] == [True] * len(words)
    assert not any("10.0.0.2" in note or "source" in note for note in items["items"][-1]["notes"])
