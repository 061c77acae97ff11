"""libvirt's errors as ours: what was attempted, what failed, what to do about it."""

from __future__ import annotations

import errno
import re
from typing import TYPE_CHECKING

import libvirt

from vnetmgr.command import Command
from vnetmgr.errors import (
    ConnectionLostError,
    NotConnectedError,
    NotFoundError,
    RefusedError,
    TakenPortError,
    UnsupportedError,
    VnetError,
    listing,
)
from vnetmgr.host.uri import HostUri
from vnetmgr.problem import About, Problem, Worded, behind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vnetmgr.model.nic import Nic

_LOST_HINT = "see `systemctl status libvirtd virtqemud` on that host, then run the command again"

_NAME_HELD = (
    "libvirtd was killed while it plugged a nic of that name in, and QEMU holds it until the "
    "domain's next cold start"
)
_ANOTHER_ADDRESS = "use another pci_address until then"


def _domain_hint() -> str:
    return f"`{Command('list-nics')}` or `virsh list --all` shows the domains of this host"


def _network_hint() -> str:
    return f"`{Command('list-networks')}` or `virsh net-list --all` shows the networks"


def _slots_hint() -> str:
    slots = Command("add-slots", "DOMAIN", "N")
    spare = f"`{slots}` adds spare slots to the config, for the next cold start"
    return Worded(f"{spare}; or attach with --config only", spare)


def _zone_hint() -> str:
    without = Command("update-network", "NETWORK", "--zone", "none")
    return behind(
        "start firewalld (systemctl start firewalld), or take the zone away: ",
        Worded(str(without), "zone: none"),
    )


_DEVICES = Command("list-host-devices")

# (code, text in libvirt's message, hint); the first that fits. Codes alone are too coarse:
# libvirt reports most of QEMU's refusals as "internal error" or "operation failed". So a text is
# read here for a hint alone: with another text there is a less fitting one, and all else stays.
_HINTS: tuple[tuple[int | None, str, str | Callable[[], str]], ...] = (
    (None, "No more available PCI slots", _slots_hint),
    (None, "multiple devices matching", "address the nic by its name or its PCI address"),
    (libvirt.VIR_ERR_NO_NETWORK, "", _network_hint),
    (None, "zone .*firewalld is not|firewalld is not active", _zone_hint),
    (
        None,
        "LIBVIRT_[A-Z]+ .*: No chain/target/match by that name",
        "somebody has flushed libvirt's own firewall chains; its daemon makes them again when it "
        "starts: systemctl restart libvirtd, or virtnetworkd",
    ),
    (None, "network .* is not active", "start it: `virsh net-start NETWORK`"),
    (None, "domain is not running", "the domain was shut off meanwhile; run the command again"),
    (
        None,
        "from monitor: Connection reset|closed the monitor|End of file from .*monitor",
        "the guest's QEMU ended meanwhile, and its log says why if nobody shut it off: "
        "/var/log/libvirt/qemu/; run the command again",
    ),
    (
        None,
        "transient domain",
        Worded(
            "a transient domain has no config: use --live",
            "a transient domain has no config: was it undefined meanwhile?",
        ),
    ),
    (
        None,
        "already in the process of unplug",
        "the guest lets go when it resumes, at its next hot-plug, or at a reset (`virsh reset`)",
    ),
    (libvirt.VIR_ERR_DEVICE_MISSING, "", "the nic was changed meanwhile; run the command again"),
    (None, "cannot acquire state change lock", "another job holds the domain; try again later"),
    (libvirt.VIR_ERR_OPERATION_TIMEOUT, "", "another job holds the domain; try again later"),
    (
        None,
        "passthrough of host PCI devices",
        lambda: (
            "the host's IOMMU is off or vfio-pci is not loaded (`modprobe vfio-pci`); "
            f"`{Command('list-host-devices', there=True)}` on that host tells which"
        ),
    ),
    (None, "No usable V[fF]", lambda: f"`{_DEVICES}` shows the cards with virtual functions"),
    (None, "Device [0-9a-f:.]+ not found", lambda: f"`{_DEVICES}` shows those there are"),
    (None, "PCI device [0-9a-f:.]+ is in use", lambda: f"`{_DEVICES}` shows who has it"),
    (
        None,
        "is not viable",
        lambda: (
            f"another device of the same IOMMU group is in use by the host: `{_DEVICES}` names it"
        ),
    ),
    (None, "referenced filter", "`virsh nwfilter-list` shows the filters"),
    (libvirt.VIR_ERR_NO_NWFILTER, "", "`virsh nwfilter-list` shows the filters"),
    (
        None,
        "(bridge|macvtap|macvlan|tap) (interface|device).*: Operation not permitted",
        "a session (qemu:///session) makes no bridge, macvtap or tap of its own: use "
        "qemu:///system. It has user mode, and bridges of the host that /etc/qemu/bridge.conf "
        "allows",
    ),
    (
        None,
        "access denied by acl file|bridge helper|qemu-bridge-helper",
        "name the bridge in /etc/qemu/bridge.conf (a line: allow BRIDGE), which belongs to root, "
        "and let the helper be setuid: chmod u+s /usr/lib/qemu/qemu-bridge-helper",
    ),
    (None, "bridge name .* already in use", "`virsh net-list --all` shows who has that bridge"),
    (None, "vlan tag not supported", "a VLAN on a Linux bridge needs libvirt 11.0 on the host"),
)


def text_of(error: libvirt.libvirtError) -> str:
    """libvirt's own message in one line, without the prefixes that tell a user nothing."""
    text = " ".join((error.get_error_message() or str(error)).split())
    for prefix in ("internal error: ", "Requested operation is not valid: "):
        text = text.removeprefix(prefix)
    return text.rstrip(".")


def is_lost(error: libvirt.libvirtError) -> bool:
    """Whether the daemon or the way to it is gone, so that no call can succeed any more.

    The first call after the loss fails with a system error, later ones with an internal one;
    what they share is that the RPC layer reports them. It has internal errors besides, without a
    code of their own: only the text tells those of a closed connection.
    """
    if error.get_error_code() == libvirt.VIR_ERR_RPC:
        return True
    text = error.get_error_message() or ""
    return error.get_error_domain() in (libvirt.VIR_FROM_RPC, libvirt.VIR_FROM_REMOTE) and (
        error.get_error_code() == libvirt.VIR_ERR_SYSTEM_ERROR
        or "socket is closed" in text
        or "keepalive" in text
    )


def translate(error: libvirt.libvirtError, *, what: About | str) -> VnetError:
    """The error of a call on an open connection, which was about an object, or what of the host."""
    return _translated(error, what).of(what if isinstance(what, About) else None)


def _translated(error: libvirt.libvirtError, what: About | str) -> VnetError:
    code, text = error.get_error_code(), text_of(error)
    if is_lost(error):
        return ConnectionLostError(
            f"{what}: the connection to libvirt was lost: {text}", _LOST_HINT
        )
    if port := _taken_port(text):
        hint = f"see who listens there: ss -lnp 'sport = :{port}'"
        return TakenPortError(f"{what}: {text}", hint, port=port)
    if code == libvirt.VIR_ERR_NO_DOMAIN:
        return NotFoundError(f"{what}: there is no such domain", _domain_hint())
    if code == libvirt.VIR_ERR_NO_NETWORK and isinstance(what, About) and what.kind == "network":
        return NotFoundError(f"{what}: there is no such network", _network_hint())
    if code == libvirt.VIR_ERR_NO_INTERFACE:
        return NotFoundError(f"{what}: there is no such link")
    if code == libvirt.VIR_ERR_OPERATION_DENIED:
        return VnetError(
            f"{what}: a read-only connection forbids this", "connect as root or in group libvirt"
        )
    if code in (libvirt.VIR_ERR_ACCESS_DENIED, libvirt.VIR_ERR_AUTH_FAILED):
        return VnetError(f"{what}: permission denied: {text}", "use sudo, or ask for the right")
    if code in (libvirt.VIR_ERR_NO_SUPPORT, libvirt.VIR_ERR_OPERATION_UNSUPPORTED):
        return UnsupportedError(f"{what}: this libvirt cannot do that: {text}")
    return VnetError(f"{what}: {text}", _hint(code, text))


# QEMU's qdev_device_add and do_pci_register_device (7.2, 10.0): libvirt has one code for all that
# QEMU refuses, so that its text is all that tells these.
_ID_TAKEN = r"Duplicate (device )?ID '"
_SLOT_TAKEN = r"PCI: slot \d+ function \d+ (is )?not available for"


def translate_plug(error: libvirt.libvirtError, *, domain: str, nic: Nic) -> VnetError:
    """The error of plugging a nic into a running domain.

    A libvirtd that is killed between QEMU's two halves of a hot-plug forgets the device, and QEMU
    does not (9.0, 11.3).
    """
    from vnetmgr.model.seen.unlisted import Unlisted, UnlistedDeviceError

    translated = translate(error, what=About("domain", domain))
    if nic.alias and re.search(_ID_TAKEN, text_of(error)):
        monitor = f"virsh qemu-monitor-command {domain} --hmp"
        let_go = (
            f"QEMU let go of it, which taints the domain: {monitor} 'device_del {nic.alias}', and "
            f"when the guest has let go {monitor} 'netdev_del host{nic.alias}'"
        )
        return UnlistedDeviceError(
            translated.message,
            Worded(
                f"{_NAME_HELD}: use another --name until then, or --config. Or have {let_go}",
                f"{_NAME_HELD}: use another name until then. Or have {let_go}",
            ),
            unlisted=Unlisted(domain, name=nic.name),
        )
    if nic.pci_address and re.search(_SLOT_TAKEN, text_of(error)):
        return UnlistedDeviceError(
            translated.message,
            behind(
                "libvirtd was killed while it plugged a nic in, and QEMU holds it at "
                f"{nic.pci_address} until the domain's next cold start: ",
                Worded("use another --pci-address until then, or --config", _ANOTHER_ADDRESS),
            ),
            unlisted=Unlisted(domain, address=nic.pci_address),
        )
    return translated


def _taken_port(text: str) -> int | None:
    """The port that a network's dnsmasq found taken (dnsmasq's network.c, dhcp.c and dhcp6.c).
    libvirt passes on what dnsmasq prints, as an internal error: it has no code for it."""
    if "dnsmasq: failed to" not in text or "Address already in use" not in text:
        return None
    if "DHCP" in text:
        return 547 if "DHCPv6" in text else 67
    return 53


def _hint(code: int | None, text: str) -> str:
    hint = next(
        (
            hint
            for wanted, pattern, hint in _HINTS
            if wanted in (None, code) and re.search(pattern, text)
        ),
        "--verbose shows the exact call and its XML",
    )
    return hint if isinstance(hint, str) else hint()


def translate_connect(error: libvirt.libvirtError, *, uri: str) -> NotConnectedError:
    """The error of an attempt to connect."""
    text, parts, about = text_of(error), HostUri.parse(uri), About("connection", uri)
    message = f"cannot connect to {uri}: {text}"
    if _denied(error, text):
        return NotConnectedError(message, _denied_hint(parts), about=about)
    if _no_driver(error, parts, text):
        hint = "a URI is like qemu:///system or qemu+ssh://HOST/system"
        return NotConnectedError(message, hint, about=about)
    if error.get_error_code() == libvirt.VIR_ERR_AUTH_CANCELLED:
        hint = "log in with `virsh -c URI list` once to see what it asks for"
        return NotConnectedError(message, hint, about=about)
    return NotConnectedError(message, _unreachable_hint(error, parts, text), about=about)


def _denied(error: libvirt.libvirtError, text: str) -> bool:
    codes = (
        libvirt.VIR_ERR_AUTH_FAILED,
        libvirt.VIR_ERR_AUTH_UNAVAILABLE,
        libvirt.VIR_ERR_ACCESS_DENIED,
    )
    return (
        error.get_error_code() in codes
        or error.get_int1() in (errno.EACCES, errno.EPERM)
        or "Permission denied" in text
        or "authentication" in text
    )


def _denied_hint(parts: HostUri) -> str:
    if parts.transport in ("ssh", "libssh", "libssh2"):
        return f"check the login: `ssh {parts.host} virsh list`, and group libvirt over there"
    if parts.is_local:
        return (
            "use sudo, or have yourself added to group libvirt (`sudo adduser $USER libvirt`, "
            "then log in again); qemu:///session needs no rights"
        )
    return "that libvirt does not let you in: check its authentication settings"


def _no_driver(error: libvirt.libvirtError, parts: HostUri, text: str) -> bool:
    """Whether the URI itself is at fault.

    For a scheme that the client does not know it asks libvirtd, and blames the socket.
    """
    return (
        error.get_error_code() in (libvirt.VIR_ERR_NO_CONNECT, libvirt.VIR_ERR_INVALID_ARG)
        or not parts.driver
        or "Unable to parse URI" in text
    )


def _unreachable_hint(error: libvirt.libvirtError, parts: HostUri, text: str) -> str:
    if parts.driver not in ("qemu", "test"):
        return "vnetmgr manages QEMU: a URI is like qemu:///system or qemu+ssh://HOST/system"
    if parts.is_local and error.get_int1() in (errno.ENOENT, errno.ECONNREFUSED):
        return "libvirt does not run: `sudo systemctl start libvirtd` (or virtqemud.socket)"
    if "resolve" in text or "not known" in text:
        return f"check the host name {parts.host}"
    if parts.transport in ("ssh", "libssh", "libssh2"):
        return f"check that `ssh {parts.host} virsh list` works"
    return f"check that libvirt runs and listens on {parts.host or 'that host'}"


def missing_domains(names: Sequence[str], known: Sequence[str], *, uri: str) -> NotFoundError:
    """One error for all the domains that are not there."""
    from vnetmgr.model.names import did_you_mean

    problems = []
    for name in names:
        text = f"there is no domain {name} on {uri}.{did_you_mean(name, known)}"
        problems.append(Problem(About("domain", name), text.removesuffix(".")))
    error = listing(NotFoundError, problems, _domain_hint())
    return error.of(problems[0].about) if len(problems) == 1 else error


def changed_since(what: About) -> RefusedError:
    """The stale check's refusal."""
    return RefusedError(
        f"{what}: changed since it was read",
        "nothing was written; run the command again",
        about=what,
    )
