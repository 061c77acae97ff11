"""One fault each on an otherwise healthy path."""

from tests.unit.doctor.faults import of_bridges, of_guests, of_networks, of_overlays
from tests.unit.doctor.faults.fault import Fault

FAULTS: dict[str, Fault] = {
    **of_guests.FAULTS,
    **of_networks.FAULTS,
    **of_bridges.FAULTS,
    **of_overlays.FAULTS,
}

__all__ = ["FAULTS", "Fault"]
