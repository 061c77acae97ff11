"""Say in Open vSwitch what this machine is to OVN, by ovs-vsctl; and to OVN, that it is none."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.local.chassis.joining import id_file
from vnetmgr.local.chassis.leaving import remove_chassis
from vnetmgr.local.programs import attempt, run
from vnetmgr.model.writes import KeepChassisName, RemoveChassis, SetChassis
from vnetmgr.runtime.whole_file import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

# The transaction is whole without ovs-vswitchd, which may not run.
_VSCTL = ("ovs-vsctl", "--timeout=5", "--no-wait")


def write_chassis(write: SetChassis | RemoveChassis | KeepChassisName) -> None:
    """Do one of them. Raises VnetError."""
    match write:
        case KeepChassisName():
            _keep_name(write.name)
        case SetChassis():
            _set_chassis(write)
        case RemoveChassis():
            remove_chassis(write)


def _set_chassis(write: SetChassis) -> None:
    """All of it in one transaction."""
    bridge, ids = [*_bridge(write)], [*_ids(write), *_tls(write)]
    unplugged = [word for port in write.unplug for word in ("--", "--if-exists", "del-port", port)]
    words = [*bridge, *ids, *unplugged]
    if words:
        run(*_VSCTL, *words)
    if bridge:
        _await_switch()


def _await_switch() -> None:
    """Have ovs-vswitchd read what was written, where it runs: else its bridge is still what it was
    for who looks."""
    asked = ("ovs-appctl", "--timeout=3", "-t", "ovs-vswitchd", "version")
    with suppress(VnetError):
        if attempt(asked).returncode == 0:
            attempt(("ovs-vsctl", "--timeout=5", "init"))  # which changes nothing, and waits


def _bridge(write: SetChassis) -> Iterator[str]:
    """As ovn-controller makes it (ovn-architecture(7)): what it has not told packets to do, they
    do not."""
    if write.there is False:
        yield from ("--", "--if-exists", "del-br", write.bridge)
        return
    if write.there:
        yield from ("--", "--may-exist", "add-br", write.bridge)
        yield from ("--", "set", "Bridge", write.bridge, "other_config:disable-in-band=true")
    if write.datapath_type is not None:
        # The kernel's is called nothing, and cannot be cleared.
        pair = f"datapath_type={_quoted(write.datapath_type)}"
        yield from ("--", "set", "Bridge", write.bridge, pair)
    if write.fail_mode:
        yield from ("--", "set", "Bridge", write.bridge, f"fail_mode={write.fail_mode}")
    elif write.fail_mode is not None:
        yield from ("--", "clear", "Bridge", write.bridge, "fail_mode")


def _ids(write: SetChassis) -> Iterator[str]:
    for key, value in write.ids:
        if value is None:
            yield from ("--", "remove", "Open_vSwitch", ".", "external_ids", _quoted(key))
        else:
            pair = f"external_ids:{_quoted(key)}={_quoted(value)}"
            yield from ("--", "set", "Open_vSwitch", ".", pair)


def _tls(write: SetChassis) -> Iterator[str]:
    if write.tls == ():
        yield from ("--", "del-ssl")
    elif write.tls is not None:
        yield from ("--", "set-ssl", *write.tls)


def _quoted(text: str) -> str:
    """As ovs-vsctl reads any text."""
    return json.dumps(text)


def _keep_name(name: str | None) -> None:
    """The next start of Open vSwitch sets this name."""
    file = id_file()
    try:
        if name is None:
            file.unlink(missing_ok=True)
        else:
            write_whole(file, f"{name}\n", mode=0o644)
    except OSError as error:
        raise VnetError(f"{file} cannot be written: {error.strerror}") from None
