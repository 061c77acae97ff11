"""The least that could take the place of a `vnetmgr apply` that gives many domains a nic, when they
are off: it reads the spec while it connects, fetches every domain's document and parses it, makes
both writes of each nic, six domains at a time, and fetches and parses every document again.

Left out: the lock, the form of the spec, the plan, every check, the undo, the report, a way to end
it in between.

Usage: python -m benchmarks.least.apply -c URI SPEC
"""

import gc

gc.disable()

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import libvirt
import typer  # noqa: F401  # what reads a command line
from lxml import etree

from benchmarks.least.spec import read_spec
from benchmarks.least.writes import attach

_CONFIG = libvirt.VIR_DOMAIN_XML_INACTIVE | libvirt.VIR_DOMAIN_XML_SECURE


def macs_of(domain: libvirt.virDomain) -> set[object]:
    document = etree.fromstring(domain.XMLDesc(_CONFIG))
    return {mac.get("address") for mac in document.iterfind("devices/interface/mac")}


_, uri, spec = sys.argv[1:]
with ThreadPoolExecutor(6) as pool:
    opened = pool.submit(libvirt.open, uri)
    wanted = {name: nic["mac"] for name, (nic,) in read_spec(spec).items()}
    domains = {each.name(): each for each in opened.result().listAllDomains()}
    several = [domains[name] for name in wanted]
    if any(pool.map(macs_of, several)):
        sys.exit("there are nics already")
    list(pool.map(attach, several, wanted.values()))
    if list(pool.map(macs_of, several)) != [{mac} for mac in wanted.values()]:
        sys.exit("there is a domain without its nic")
os._exit(0)
