"""Writes to networks: one value, one libvirt call, and the checks just before it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias, assert_never

import libvirt

from vnetmgr.errors import ConnectionLostError, NotFoundError, RefusedError, VnetError
from vnetmgr.host.networks import config_of
from vnetmgr.host.replug import flap_links, replug_taps
from vnetmgr.host.translate import changed_since
from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.libvirt_xml.networks.write import finished_network
from vnetmgr.model import writes
from vnetmgr.model.state import State
from vnetmgr.problem import About

if TYPE_CHECKING:
    from vnetmgr.host.session import Session

NetworkWrite: TypeAlias = (
    writes.DefineNetwork
    | writes.UndefineNetwork
    | writes.UpdateNetwork
    | writes.StartNetwork
    | writes.CreateNetwork
    | writes.StopNetwork
    | writes.FinishNetwork
    | writes.AutostartNetwork
    | writes.ReplugTaps
    | writes.FlapLinks
)

_FLAGS = {
    State.CONFIG: libvirt.VIR_NETWORK_UPDATE_AFFECT_CONFIG,
    State.LIVE: libvirt.VIR_NETWORK_UPDATE_AFFECT_LIVE,
}
_LIFE = (writes.UndefineNetwork, writes.StartNetwork, writes.StopNetwork)
_COMMANDS = {
    "add": libvirt.VIR_NETWORK_UPDATE_COMMAND_ADD_LAST,
    "modify": libvirt.VIR_NETWORK_UPDATE_COMMAND_MODIFY,
    "delete": libvirt.VIR_NETWORK_UPDATE_COMMAND_DELETE,
}
_SECTIONS = {
    "ip-dhcp-range": libvirt.VIR_NETWORK_SECTION_IP_DHCP_RANGE,
    "ip-dhcp-host": libvirt.VIR_NETWORK_SECTION_IP_DHCP_HOST,
    "dns-host": libvirt.VIR_NETWORK_SECTION_DNS_HOST,
    "dns-srv": libvirt.VIR_NETWORK_SECTION_DNS_SRV,
    "dns-txt": libvirt.VIR_NETWORK_SECTION_DNS_TXT,
    "portgroup": libvirt.VIR_NETWORK_SECTION_PORTGROUP,
    "forward-interface": libvirt.VIR_NETWORK_SECTION_FORWARD_INTERFACE,
}


def write_network(session: Session, write: NetworkWrite) -> None:
    """Do one write of a network. The kinds stand here once."""
    what = About("network", write.network)
    match write:
        case writes.DefineNetwork():
            _define(session, write)
        case writes.UpdateNetwork():
            _update(session, write)
        case writes.CreateNetwork():
            session.call(what, session.conn.networkCreateXML, write.xml)
        case writes.ReplugTaps():
            replug_taps(session, write)
        case writes.FlapLinks():
            flap_links(session, write)
        case writes.UndefineNetwork() | writes.StartNetwork() | writes.StopNetwork():
            handle = session.network(write.network)
            calls = (handle.undefine, handle.create, handle.destroy)
            session.call(what, calls[_LIFE.index(type(write))])
        case writes.FinishNetwork():
            current = config_of(session, session.network(write.network))
            done = finished_network(current)
            _define(session, writes.DefineNetwork(network=write.network, xml=done, expect=current))
        case writes.AutostartNetwork():
            handle = session.network(write.network)
            session.call(what, handle.setAutostart, int(write.autostart))
        case _:
            assert_never(write)


def bridge_made_by(
    session: Session, write: writes.StartNetwork | writes.CreateNetwork
) -> str | None:
    """The bridge that libvirt makes when it starts this network; None where it makes none, finds
    a free name itself, or the network runs by now."""
    if not session.features.host_links:
        return None
    if isinstance(write, writes.CreateNetwork):
        network = read_network(write.xml)
    else:
        handle = session.network(write.network)
        if session.call(About("network", write.network), handle.isActive):
            return None
        network = read_network(config_of(session, handle))
    bridge = network.bridge if network.has_own_bridge else None
    return None if bridge is None or "%d" in bridge else bridge


def _define(session: Session, write: writes.DefineNetwork) -> None:
    """Write a whole config, if it still is what was read; as for domains, libvirt has no
    compare-and-swap."""
    what = About("network", write.network)
    try:
        handle = session.network(write.network)
    except NotFoundError:
        handle = None
    if write.expect is None:
        if handle is not None:
            raise RefusedError(f"{what}: there is one of that name already", "nothing was written")
    elif handle is None:
        raise changed_since(what)
    else:
        current = config_of(session, handle)
        written, normal = session.written.get(what, (None, None))
        # What libvirt made of the document that we wrote is that document.
        if current != write.expect and (written, normal) != (write.expect, current):
            raise changed_since(what)
    before = None if handle is None else config_of(session, handle)
    try:
        made = session.call(what, session.conn.networkDefineXML, write.xml)
    except ConnectionLostError:
        raise
    except VnetError as error:
        if before is not None:
            _keep_config(session, write.network, before, error)
        raise
    session.written[what] = (write.xml, config_of(session, made))


def _keep_config(session: Session, name: str, config: str, error: VnetError) -> None:
    """libvirt lets go of a network's config when it cannot write a new one (9.0): put it back, or
    raise an error that says so."""
    what = About("network", name)
    lost = "it runs on, and is gone when it stops"
    with suppress(NotFoundError):
        if session.call(what, session.network(name).isPersistent):
            return
    try:
        made = session.call(what, session.conn.networkDefineXML, config)
        if session.call(what, made.isPersistent):
            return
    except NotFoundError:
        pass
    except ConnectionLostError:
        raise
    except VnetError:
        with suppress(NotFoundError):
            session.network(name)
            raise _config_lost(error, lost) from error
    raise _config_lost(error, "libvirt does not know it any more") from error


def _config_lost(error: VnetError, what: str) -> VnetError:
    return VnetError(
        f"{error.message}; with that, libvirt has lost the network's config: {what}",
        "its file is as it was: mend what kept libvirt from writing it, then let it read its "
        "files again: systemctl restart libvirtd (guests run on)",
    )


def _update(session: Session, write: writes.UpdateNetwork) -> None:
    """One call for all states: libvirt does it in all of them or in none, unless it cannot write
    the config: then it has done it, and reports an error."""
    what, handle = About("network", write.network), session.network(write.network)
    flags = sum(_FLAGS[state] for state in write.states)
    command, section = _COMMANDS[write.command], _SECTIONS[write.section]
    writes_file = State.CONFIG in write.states
    before = config_of(session, handle) if writes_file else None
    try:
        session.call(what, handle.update, command, section, write.index, write.xml, flags)
    except ConnectionLostError:
        raise
    except VnetError as error:
        if writes_file and config_of(session, handle) != before:
            error.half_done = True
        raise
