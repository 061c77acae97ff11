"""Who carries out a write: libvirt, or this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import NotForwardedError, RefusedError, TakenPortError, VnetError
from vnetmgr.model.writes import (
    CreateNetwork,
    KeepChassisName,
    PlugPort,
    PlugSwitchPort,
    RemoveBridge,
    RemoveChassis,
    SetChassis,
    SetOverlay,
    SetPorts,
    SetRules,
    StartNetwork,
    StopNetwork,
    UnplugPort,
)
from vnetmgr.planner import conduct_of

if TYPE_CHECKING:
    from vnetmgr.host.connect import Host
    from vnetmgr.model.plan import Plan
    from vnetmgr.model.writes import Write

# What XML has to escape.
_IN_XML = frozenset("&<>'\"")


class Writes:
    """A host with this machine's side of it; apply's Writer."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def do(self, write: Write) -> None:
        """Carry out one write. Raises VnetError."""
        self.refuse(write)
        match write:
            case PlugPort() | UnplugPort():
                from vnetmgr.local import bridge_ports

                plugs = isinstance(write, PlugPort)
                act = bridge_ports.plug_port if plugs else bridge_ports.unplug_port
                act(write.bridge, write.port)
            case RemoveBridge():
                from vnetmgr.local.leftovers import remove_bridge

                # Somebody else may be starting it: then the bridge is not what was left.
                if write.mac is None or not self._host.runs_network(write.network):
                    remove_bridge(write)
            case PlugSwitchPort():
                from vnetmgr.local.openvswitch import plug_switch_port

                plug_switch_port(write)
            case SetRules():
                _set_rules(write)
            case SetChassis() | RemoveChassis() | KeepChassisName():
                from vnetmgr.local.chassis.write import write_chassis

                write_chassis(write)
            case SetOverlay() | SetPorts():
                from vnetmgr.engine.northbound import write_overlays

                write_overlays(self._host, write)
            case StopNetwork():
                self._host.do(write)
                self._end_dnsmasq(write.network)
            case StartNetwork() | CreateNetwork():
                self._start(write)
            case _:
                self._host.do(write)

    def _start(self, write: StartNetwork | CreateNetwork) -> None:
        self._refuse_taken_bridge(write)
        try:
            self._host.do(write)
        except TakenPortError as error:
            raise self._with_listeners(error) from error

    def _end_dnsmasq(self, network: str) -> None:
        """End the dnsmasq that libvirt does not find: where the name has to be escaped in XML, it
        looks for another pid file than it had dnsmasq write (9.0)."""
        if self._host.is_local and not _IN_XML.isdisjoint(network):
            from vnetmgr.local.leftovers import end_dnsmasq

            end_dnsmasq(network)

    def _with_listeners(self, error: TakenPortError) -> TakenPortError:
        """The same, with the names of who listens there, as far as that can be seen here."""
        if not self._host.is_local:
            return error
        from vnetmgr.local.sockets import read_listeners

        found = read_listeners({error.port})
        if not found:
            return error
        who = "; ".join(dict.fromkeys(map(str, found)))
        return TakenPortError(
            f"{error.message}; {who}",
            "let it listen on its own addresses alone (dnsmasq: bind-interfaces and "
            "except-interface; BIND: listen-on), or stop it",
            port=error.port,
        )

    def look_over(self, plan: Plan) -> None:
        """Raise VnetError for a command that would end half done; of a spec, only the objects fail
        that this concerns."""
        if not conduct_of(plan.desired).goes_on:
            for step in plan.steps:
                for op in step.ops:
                    self.refuse(op.do)

    def refuse(self, write: Write) -> None:
        """Raise VnetError for a write of a config that this machine lets nobody write."""
        if self._host.writes_system_files:
            from vnetmgr.local.config_files import refuse_unwritable

            refuse_unwritable(write)

    def _refuse_taken_bridge(self, write: StartNetwork | CreateNetwork) -> None:
        """Refuse to start a network whose bridge's name is a link's already.

        libvirt would fail, too; but 11.3 then deletes the link, whoever's it is. One that comes
        between this look and the start is still lost: libvirt has no way to start a network but
        this.
        """
        bridge = self._host.bridge_made_by(write)
        if bridge is None:
            return
        if self._host.is_local:
            from vnetmgr.local.links import has_link

            taken = has_link(bridge)
        else:
            taken = self._host.has_link(bridge)
        if taken:
            from vnetmgr.model.network import TAKEN_BRIDGE

            raise RefusedError(
                f"network {write.network}: bridge {bridge} {TAKEN_BRIDGE}",
                f"give the network another bridge: {Command('update-network', write.network)} "
                f"--bridge NAME; or give the link another name, or remove it: ip link del {bridge}",
            )


def _set_rules(write: SetRules) -> None:
    from vnetmgr.local.firewall.rules import set_rules

    try:
        set_rules(write)
    except VnetError as error:
        if write.restores is None:
            raise
        raise NotForwardedError(error.message, error.hint, domain=write.restores) from error
