"""Writes: one value, one libvirt call, and the checks just before it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import libvirt

from vnetmgr.errors import ConnectionLostError, NotFoundError, RefusedError, VnetError, concerning
from vnetmgr.host.calls import WithSecrets
from vnetmgr.model import writes
from vnetmgr.model.state import State
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.host.session import Session

_CONFIG = libvirt.VIR_DOMAIN_XML_INACTIVE
_FLAGS = {
    State.CONFIG: libvirt.VIR_DOMAIN_AFFECT_CONFIG,
    State.LIVE: libvirt.VIR_DOMAIN_AFFECT_LIVE,
}


def do(session: Session, write: writes.HostWrite, *, unplug_timeout_s: float) -> None:
    """Do one write. The kinds of write stand here once."""
    match write:
        case writes.AttachDevice() | writes.UpdateDevice():
            _change_device(session, write)
        case writes.DetachDevice():
            from vnetmgr.host.unplug import detach

            detach(session, write, timeout_s=unplug_timeout_s)
        case writes.DefineDomain():
            _define_domain(session, write)
        case writes.SetVectors():
            _set_vectors(session, write)
        case writes.SetMetadata():
            _set_metadata(session, write)
        case writes.SetHostForwards():
            from vnetmgr.host.monitor import set_host_forwards

            set_host_forwards(session, write)
        case writes.UndefineDomain():
            _undefine_domain(session, write.domain)
        case writes.StartDomain():
            handle = session.lookup(write.domain)
            session.call(About("domain", write.domain), handle.createWithFlags, 0)
        case writes.StopDomain():
            session.call(About("domain", write.domain), session.lookup(write.domain).destroy)
        case _:
            from vnetmgr.host.network_write import write_network

            write_network(session, write)


def _set_metadata(session: Session, write: writes.SetMetadata) -> None:
    from vnetmgr.libvirt_xml.metadata import KEY, VNETMGR, settable

    session.call(
        About("domain", write.domain),
        session.observed(write.domain).setMetadata,
        libvirt.VIR_DOMAIN_METADATA_ELEMENT,
        None if write.xml is None else settable(write.xml),
        KEY,
        VNETMGR,
        sum(_FLAGS[state] for state in write.states),
    )


def _change_device(session: Session, write: writes.AttachDevice | writes.UpdateDevice) -> None:
    if isinstance(write, writes.UpdateDevice) and write.raises:
        from vnetmgr.host.replug import bring_up

        bring_up(session, write, partial(_write_device, session, write))
    else:
        _write_device(session, write)


def _write_device(session: Session, write: writes.AttachDevice | writes.UpdateDevice) -> None:
    handle = session.observed(write.domain)
    attach = isinstance(write, writes.AttachDevice)
    call: Callable[[str, int], int] = (
        handle.attachDeviceFlags if attach else handle.updateDeviceFlags
    )
    if attach and write.state is State.LIVE:
        as_ours = partial(_not_plugged, write=write)
        session.call.attempt(as_ours, call, write.xml, _FLAGS[write.state])
    else:
        session.call(About("domain", write.domain), call, write.xml, _FLAGS[write.state])


def _not_plugged(
    error: libvirt.libvirtError, *, write: writes.AttachDevice | writes.UpdateDevice
) -> VnetError:
    from vnetmgr.host.translate import translate_plug
    from vnetmgr.libvirt_xml.nics.read import read_nic

    return translate_plug(error, domain=write.domain, nic=read_nic(write.xml))


def _define_domain(session: Session, write: writes.DefineDomain) -> None:
    """Write a whole config, if it still is what was read.

    libvirt has no compare-and-swap: between the read here and the write, another program can
    still slip in. A document is validated only when it is new; older ones may well hold what
    today's schema has not, and libvirt has accepted them.
    """
    what, document = About("domain", write.domain), write.xml
    if write.expect is None:
        _must_not_exist(session, write.domain)
        flags, document = libvirt.VIR_DOMAIN_DEFINE_VALIDATE, _of_a_template(write.xml)
    else:
        handle, flags = session.lookup(write.domain), 0
        current = session.call(what, handle.XMLDesc, _CONFIG)
        written, normal = session.written.get(what, (None, None))
        # What libvirt made of the document that we wrote is that document: so that an undo,
        # which expects ours, is not refused.
        if current != write.expect and (written, normal) != (write.expect, current):
            from vnetmgr.host.translate import changed_since

            raise changed_since(what)
        document = _with_secrets(session, handle, write, current)
    handle = session.call(what, session.conn.defineXMLFlags, document, flags)
    made = session.call(what, handle.XMLDesc, _CONFIG)
    session.written[what] = (write.xml, made)


def _with_secrets(
    session: Session, handle: libvirt.virDomain, write: writes.DefineDomain, current: str
) -> str:
    """The document that is written, where libvirt would forget what it does not have: passwords.
    They are read for this alone, and are seen nowhere."""
    what, flags = About("domain", write.domain), _CONFIG | libvirt.VIR_DOMAIN_XML_SECURE
    secure = WithSecrets(session.call(what, handle.XMLDesc, flags), shown=current)
    if secure == current:
        return write.xml
    from vnetmgr.libvirt_xml.secrets import with_secrets

    with concerning(what):
        whole = with_secrets(write.xml, plain=current, secure=secure)
        return WithSecrets(whole, shown=write.xml)


def _of_a_template(xml: str) -> str:
    from vnetmgr.libvirt_xml.secrets import without_passwords

    return WithSecrets(xml, shown=without_passwords(xml))


def _set_vectors(session: Session, write: writes.SetVectors) -> None:
    """Edit the config as it is now: the ops around this one change its nics."""
    from vnetmgr.libvirt_xml.domain_write import set_vectors

    handle = session.lookup(write.domain)
    current = session.call(About("domain", write.domain), handle.XMLDesc, _CONFIG)
    edited = set_vectors(current, write.alias, write.vectors)
    _define_domain(session, writes.DefineDomain(domain=write.domain, xml=edited, expect=current))


def _must_not_exist(session: Session, name: str) -> None:
    try:
        session.lookup(name)
    except NotFoundError:
        return
    raise RefusedError(f"domain {name}: there is one of that name already", "nothing was written")


def _undefine_domain(session: Session, name: str) -> None:
    """Forget a config, and the NVRAM file that only belongs to it.

    The plain call comes first: the test driver knows no flags (9.0).
    """
    what, handle = About("domain", name), session.lookup(name)
    try:
        session.call(what, handle.undefineFlags, 0)
    except ConnectionLostError:
        raise
    except VnetError:
        session.call(what, handle.undefineFlags, libvirt.VIR_DOMAIN_UNDEFINE_NVRAM)
