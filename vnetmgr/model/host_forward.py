"""Port forwards of nics in user mode: QEMU itself listens on the host (SLIRP's `hostfwd`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.nic import Mode, Nic
from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.forward import Forward, Protocol


_GUEST = 0x020F  # net/slirp.c: what of it is beyond the prefix is the guest's


class HostForward(Record):
    """One port of the host that leads to a guest's, as QEMU has it. IPv4 alone."""

    netdev: str
    """QEMU's id of the nic's backend: `hostua-lan`."""
    protocol: Protocol
    listen: IpAddress | None
    """None: every IPv4 address of the host."""
    host_port: int
    guest_address: IpAddress | None
    """None: the one that SLIRP's DHCP gives."""
    guest_port: int

    @property
    def where(self) -> tuple[str, Protocol, IpAddress | None, int]:
        """What tells it from others, also for QEMU."""
        return self.netdev, self.protocol, self.listen, self.host_port

    def is_as(self, present: HostForward) -> bool:
        """Whether QEMU has it just so."""
        return (self.where, self.guest_port) == (present.where, present.guest_port) and (
            self.guest_address in (None, present.guest_address)
        )


def is_passt(nic: Nic) -> bool:
    """Whether a nic in user mode is passt's, which libvirt has its own XML for."""
    return nic.source.mode is Mode.USER and ("backend.type", "passt") in (nic.extra or ())


def is_slirp(nic: Nic) -> bool:
    """Whether a nic is in user mode through QEMU itself."""
    return nic.source.mode is Mode.USER and not is_passt(nic)


def slirp_address(extra: Iterable[tuple[str, str]]) -> IpAddress:
    """The address that SLIRP's DHCP gives the guest of a nic with these settings: 10.0.2.15, or
    as far into another subnet."""
    from ipaddress import IPv4Address

    settings = dict(extra)
    address, prefix = settings.get("ip.address"), settings.get("ip.prefix")
    if address is None or prefix is None:
        return IPv4Address("10.0.2.15")
    hosts = (1 << (32 - int(prefix))) - 1
    return IPv4Address(int(IPv4Address(address)) & ~hosts | _GUEST & hosts)


def netdev_name(alias: str) -> str:
    """QEMU's id of the backend of a device (src/qemu/qemu_command.c, qemuBuildHostNetProps)."""
    return f"host{alias}"


def host_forwards(forward: Forward, netdev: str) -> tuple[HostForward, ...]:
    """A forward as QEMU has it, a port each."""
    return tuple(
        HostForward(
            netdev=netdev,
            protocol=forward.protocol,
            listen=forward.listen_alone,
            host_port=forward.host_port + offset,
            guest_address=forward.given_address(4),
            guest_port=forward.guest_port + offset,
        )
        for offset in range(forward.ports)
    )
