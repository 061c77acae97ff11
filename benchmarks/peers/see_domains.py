"""The peer of `vnetmgr reconcile`: list the domains, fetch and parse the documents that it takes
to see each domain's nics as they are configured and, where it runs, as they are.

Usage: see_domains.py URI
"""

import sys

import libvirt
from lxml import etree

connection = libvirt.open(sys.argv[1])
for domain in connection.listAllDomains():
    documents = [domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)]
    if domain.ID() >= 0:
        documents.append(domain.XMLDesc(0))
    for document in documents:
        for nic in etree.fromstring(document).iterfind("devices/interface"):
            nic.find("mac")
            nic.find("source")
