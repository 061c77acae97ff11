"""The writes of a `vnetmgr apply` that gives many domains a nic, one after the other, and nothing
else: no spec, nothing seen before or after, no library but libvirt.

Usage: python -m benchmarks.least.attach_many -c URI FILE; FILE has a domain and a MAC in each line.
"""

import sys
from pathlib import Path

import libvirt

from benchmarks.least.writes import attach

_, uri, file = sys.argv[1:]
connection = libvirt.open(uri)
for line in Path(file).read_text().splitlines():
    name, mac = line.split()
    attach(connection.lookupByName(name), mac)
