"""Port forwards in user mode, through libvirt's pass-through to QEMU's monitor.

libvirt marks a domain as tainted ("custom monitor control commands issued") by the first such
call, also one that only reads: nothing here is called for a domain that nobody allowed that for,
or that is marked already.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import libvirt
import libvirt_qemu

from vnetmgr.errors import ConnectionLostError, VnetError
from vnetmgr.host.usernet import adding, complaint, read_usernet, removing
from vnetmgr.libvirt_xml.domain_read import read_domain
from vnetmgr.libvirt_xml.nics.read import read_device_alias
from vnetmgr.model.host_forward import netdev_name
from vnetmgr.model.record import replace
from vnetmgr.model.seen.forwarded import leads_to_slirp
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.host.session import Session
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.host_forward import HostForward
    from vnetmgr.model.writes import SetHostForwards

# src/conf/domain_conf.c, virDomainTaintMessageTypeToString.
_TAINTED = "custom monitor control commands issued"
_UNPRIVILEGED = 1024


def with_host_forwards(
    session: Session, domains: Iterable[SeenDomain], *, taint: bool
) -> Iterator[SeenDomain]:
    """The domains, those that run with forwards in user mode with what QEMU has of these, as far
    as that may be seen. `taint`: of all of them."""
    for domain in domains:
        seen = None
        if domain.active and any(leads_to_slirp(domain, each) for each in domain.forwards):
            seen = _read(session, domain.name, taint=taint)
        yield domain if seen is None else replace(domain, host_forwards=seen)


def _read(session: Session, name: str, *, taint: bool) -> tuple[HostForward, ...] | None:
    if session.readonly or not session.features.monitor:
        return None
    try:
        handle = session.lookup(name)
        if not taint and not _is_tainted(session, handle):
            return None
        return tuple(read_usernet(_command(session, handle, "info usernet")))
    except ConnectionLostError:
        raise
    except VnetError:  # it has just gone, or is busy: not seen
        return None


def _is_tainted(session: Session, handle: libvirt.virDomain) -> bool:
    """Whether somebody has used the monitor of this running domain before."""
    flag = libvirt.VIR_DOMAIN_MESSAGE_TAINTING
    found = session.call(About("domain", handle.name()), handle.messages, flag)
    return any(_TAINTED in each for each in found)


def _command(session: Session, handle: libvirt.virDomain, command: str) -> str:
    return str(
        session.call(
            About("domain", handle.name()),
            libvirt_qemu.qemuMonitorCommand,
            handle,
            command,
            libvirt_qemu.VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP,
        )
    )


def set_host_forwards(session: Session, write: SetHostForwards) -> None:
    """Take some forwards away and add some; where one fails, all is as it was. Raises VnetError."""
    handle = session.lookup(write.domain)
    if write.unnamed:
        write = _as_named_now(session, handle, write)
    done: list[str] = []
    try:
        for forward in write.remove:
            _change(session, handle, removing(forward), forward)
            done.append(adding(forward))
        for forward in write.add:
            _change(session, handle, adding(forward), forward)
            done.append(removing(forward))
    except ConnectionLostError:
        raise
    except VnetError:
        for command in reversed(done):
            with suppress(VnetError):
                _command(session, handle, command)
        raise


def _as_named_now(
    session: Session, handle: libvirt.virDomain, write: SetHostForwards
) -> SetHostForwards:
    """With the netdevs that nics without a name of their own have by now."""
    document = read_domain(session.call(About("domain", write.domain), handle.XMLDesc, 0))
    aliases = {str(nic.mac): read_device_alias(xml) for nic, xml in document.nics}
    now = {
        netdev: netdev_name(alias) for netdev, mac in write.unnamed if (alias := aliases.get(mac))
    }

    def named(forwards: Iterable[HostForward]) -> tuple[HostForward, ...]:
        return tuple(replace(each, netdev=now.get(each.netdev, each.netdev)) for each in forwards)

    return replace(write, add=named(write.add), remove=named(write.remove))


def _change(
    session: Session, handle: libvirt.virDomain, command: str, forward: HostForward
) -> None:
    said = complaint(_command(session, handle, command))
    if said is None:
        return
    hint = "does something listen on that port, and is the address one of the host's?"
    if forward.host_port < _UNPRIVILEGED:
        hint = f"QEMU itself listens, mostly without the right to ports below {_UNPRIVILEGED}"
    raise VnetError(f"domain {handle.name()}: QEMU says: {said}", hint)
