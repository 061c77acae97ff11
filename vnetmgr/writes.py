"""Who carries out a write: libvirt, or this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.plan import PlugPort, SetRules, UnplugPort

if TYPE_CHECKING:
    from vnetmgr.host.connect import Host
    from vnetmgr.model.plan import Write


class Writes:
    """A host with this machine's side of it; apply's Writer."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def do(self, write: Write) -> None:
        """Carry out one write. Raises VnetError."""
        match write:
            case PlugPort() | UnplugPort():
                from vnetmgr.local import bridge_ports  # few networks have such ports

                plugs = isinstance(write, PlugPort)
                act = bridge_ports.plug_port if plugs else bridge_ports.unplug_port
                act(write.bridge, write.port)
            case SetRules():
                from vnetmgr.local.rules import set_rules  # few domains have port forwards

                set_rules(write)
            case _:
                self._host.do(write)
