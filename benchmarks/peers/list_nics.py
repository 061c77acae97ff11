"""The peer of `vnetmgr list-nics`: the least that a script can do to see every domain's nics.

Usage: list_nics.py URI
"""

import sys

import libvirt
from lxml import etree

connection = libvirt.open(sys.argv[1])
for domain in connection.listAllDomains():
    document = etree.fromstring(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
    for nic in document.iterfind("devices/interface"):
        mac, source = nic.find("mac"), nic.find("source")
        print(
            domain.name(),
            None if mac is None else mac.get("address"),
            None if source is None else dict(source.attrib),
        )
