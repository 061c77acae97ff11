"""A private libvirtd with real guests, for tests, the demo and benchmarks.

Everything happens inside namespaces of the lab's own; nothing of the machine changes. Start
with `Lab`; `python -m tests.lab` opens one with a shell in it.
"""

from tests.lab.console import Console
from tests.lab.errors import GuestError, GuestTimeoutError, LabError
from tests.lab.features import lab_unavailable
from tests.lab.guest import Guest
from tests.lab.hosts.pair import Host, Pair
from tests.lab.lab import Lab
from tests.lab.lan import Lan
from tests.lab.machine import Machine
from tests.lab.openvswitch import OpenVSwitch
from tests.lab.overlay.pair import OvnPair
from tests.lab.process import LabProcess
from tests.lab.waiting import eventually

__all__ = [
    "Console",
    "Guest",
    "GuestError",
    "GuestTimeoutError",
    "Host",
    "Lab",
    "LabError",
    "LabProcess",
    "Lan",
    "Machine",
    "OpenVSwitch",
    "OvnPair",
    "Pair",
    "eventually",
    "lab_unavailable",
]
