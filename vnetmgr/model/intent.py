"""How a want is meant."""

from __future__ import annotations

from enum import StrEnum


class Intent(StrEnum):
    """How a want is meant. The first three are commands, and complain about what they find;
    the last two are states, and do not."""

    CREATE = "create"
    """Make it; what is there already must be as asked."""
    UPDATE = "update"
    """Change it; it must be there."""
    REMOVE = "remove"
    """Take it away; it must be there."""
    PRESENT = "present"
    ABSENT = "absent"
