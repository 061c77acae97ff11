"""The least that could take the place of `vnetmgr attach-nic`: a command line by typer, a domain's
document, a nic put into it, the definition, and the document once more to see that it is there.

Left out: the lock, the plan, names and MACs, every check, the template, messages, a way to end it
while libvirt does not answer. Like vnetmgr it does without Python's garbage collector and clean-up.

Usage: attach_nic.py DOMAIN --bridge BRIDGE -c URI
"""

import gc

gc.disable()

import os
import sys
from typing import Annotated

import libvirt
import typer
from lxml import etree

_INACTIVE = libvirt.VIR_DOMAIN_XML_INACTIVE


def attach(
    domain: str,
    bridge: Annotated[str, typer.Option()],
    connect: Annotated[str, typer.Option("--connect", "-c")],
) -> None:
    connection = libvirt.open(connect)
    handle = connection.lookupByName(domain)
    document = etree.fromstring(handle.XMLDesc(_INACTIVE))
    nic = etree.SubElement(document.xpath("devices")[0], "interface", type="bridge")
    etree.SubElement(nic, "source", bridge=bridge)
    connection.defineXML(etree.tostring(document, encoding="unicode"))
    again = etree.fromstring(handle.XMLDesc(_INACTIVE))
    if again.find(f"devices/interface/source[@bridge='{bridge}']") is None:
        sys.exit(f"{domain} has no nic on {bridge}")


code: object = 0
try:
    typer.run(attach)
except SystemExit as end:
    code = end.code
if code:
    sys.exit(str(code))
os._exit(0)
