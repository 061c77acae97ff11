"""Who has which MAC on a logical switch: of two, each gets the other's packets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import RefusedError
from vnetmgr.model.overlay.port_id import overlay_port_id
from vnetmgr.model.overlay.row_names import INSIDE, mac_of
from vnetmgr.planner.overlays.ids import whose
from vnetmgr.printable import shell_word

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.overlay.northbound import LogicalPort, Northbound


class SwitchMacs:
    """The MACs on logical switches while ports are planned."""

    def __init__(
        self, northbound: Northbound | None, fleet_of: Callable[[str], str | None]
    ) -> None:
        """`fleet_of`: a switch's, of which its router's MAC is made."""
        self._fleet_of = fleet_of
        self._ports: dict[tuple[str, object], list[LogicalPort]] = {}
        self._planned: dict[tuple[str, object], SeenDomain] = {}
        for port in () if northbound is None else northbound.ports:
            self._ports.setdefault((port.switch, port.mac), []).append(port)

    def claim(self, switch: str, nic: Nic, domain: SeenDomain) -> None:
        """Note that a nic comes onto a switch. Raises RefusedError where another has its MAC."""
        if nic.mac == mac_of(INSIDE, switch, self._fleet_of(switch) or ""):
            raise _taken(switch, nic, domain, "its router")
        names = (nic.interface_id, overlay_port_id(domain.uuid, nic.mac))
        for port in self._ports.get((switch, nic.mac), ()):
            # The domain's own by another id goes.
            own = port.owner is not None and port.owner.domain == domain.uuid
            if not own and port.name not in names:
                raise _taken(switch, nic, domain, whose(port))
        other = self._planned.setdefault((switch, nic.mac), domain)
        if other.uuid != domain.uuid:
            raise _taken(switch, nic, domain, f"domain {other.name}")


def twins(domain: SeenDomain, nic: Nic) -> RefusedError:
    """That a domain has two nics that OVN cannot tell apart."""
    return RefusedError(
        f"domain {domain.name} has several nics with MAC {nic.mac} on overlays, and OVN serves one",
        f"give each a MAC of its own: virsh edit {shell_word(domain.name)}",
    )


def _taken(switch: str, nic: Nic, domain: SeenDomain, holder: str) -> RefusedError:
    return RefusedError(
        f"domain {domain.name}: network {switch} has MAC {nic.mac} already: {holder}",
        "of two with one MAC each gets the other's packets; give this nic another",
    )
