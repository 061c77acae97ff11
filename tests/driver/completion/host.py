"""A host of libvirt's test driver for completion: guests, networks, and names that shells stumble
over."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LAN_MAC, MGMT_MAC, OTHER_MAC = "52:54:00:12:34:01", "52:54:00:12:34:02", "52:54:00:99:00:01"
WEB_UUID = "5a0c1d5e-2b7f-4a66-9d0a-6a1f0f7f1a01"
HOSTILE = (
    "a b",
    "a'b",
    'a"b',
    "a$(touch x)",
    "a`touch x`",
    "a;touch x",
    "a!b",
    "a\\b",
    "a*",
    "a~",
    "a&b|c>d<e",
    "a{b,c}",
    "a#b",
    "a=b",
    "a:b:c",
    "a(b)",
    "a[b]",
    "aß€",
)
"""Each of one line that can be seen: libvirt itself refuses line breaks and slashes."""
ODD = 'odd $(touch x) it\'s "q" `touch x`; a!b\\c ~*#&|<>(){}[]=:€'
"""All of it in one name."""
UNSEEN = "z\u202eevil"
"""What turns round the line that it stands in, and is not offered."""


def _nic(name: str | None, mac: str, network: str) -> str:
    alias = f"<alias name='ua-{name}'/>" if name else ""
    return (
        f"<interface type='network'><mac address='{mac}'/><source network='{network}'/>"
        f"<model type='virtio'/>{alias}</interface>"
    )


def _domain(name: str, devices: str = "") -> str:
    # One that libvirt makes up may begin like a word that is completed.
    uuid = WEB_UUID if name == "web1" else f"77777777-7777-4777-8777-{crc32(name.encode()):012x}"
    return (
        f"<domain type='test'><name>{escape(name)}</name><uuid>{uuid}</uuid><memory>8192</memory>"
        f"<os><type>hvm</type></os><devices>{devices}</devices></domain>"
    )


_LAB = f"""<network><name>lab</name><forward mode='nat'/><bridge name='virbr7'/>
<dns><host ip='192.168.150.5'><hostname>nas</hostname></host>
<txt name='note' value='hello'/></dns>
<ip address='192.168.150.1' netmask='255.255.255.0'><dhcp>
<range start='192.168.150.10' end='192.168.150.99'/>
<host mac='{LAN_MAC}' name='web1' ip='192.168.150.10'/><host mac='{OTHER_MAC}' ip='192.168.150.20'/>
</dhcp></ip>
<portgroup name='guests'/><portgroup name='staff'/></network>"""


def write_host(folder: Path, *, names: Iterable[str] = ()) -> str:
    """Write its document, with domains of these names as well; its URI."""
    web = _nic("lan", LAN_MAC, "lab") + _nic(None, MGMT_MAC, "lab")
    guests = [
        _domain("web1", web),
        _domain("db1", _nic("data", OTHER_MAC, "lab")),
        _domain("-dash"),
        *map(_domain, names),
    ]
    plain = "<network><name>plain</name><bridge name='virbr8'/></network>"
    file = folder / "node.xml"
    file.write_text(f"<node>{_LAB}{plain}{''.join(guests)}</node>", encoding="utf-8")
    return f"test://{file}"
