"""The contract with programs: every kind of document that --output json prints, and its keys."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vnetmgr.render.documents.shape import Document

# Each kind's module and name in it; loaded when it is asked for.
KINDS = {
    "plan": ("changes", "PLAN"),
    "report": ("changes", "REPORT"),
    "domains": ("domains", "DOMAINS"),
    "nics": ("nics", "NICS"),
    "networks": ("networks", "NETWORKS"),
    "network": ("networks", "SHOWN_NETWORK"),
    "leases": ("leases", "LEASES"),
    "forwards": ("forwards", "FORWARDS"),
    "host-devices": ("hostdevs", "HOST_DEVICES"),
    "models": ("models", "MODELS"),
    "qemu-args": ("qemu", "QEMU_ARGUMENTS"),
    "metrics": ("metrics", "METRICS"),
    "validation": ("specs", "VALIDATION"),
    "spec": ("specs", "SPEC"),
    "trace": ("trace", "TRACE"),
    "topology": ("topology", "TOPOLOGY"),
    "migration-check": ("migration", "MIGRATION_CHECK"),
    "findings": ("findings", "FINDINGS"),
    "fleet": ("fleet", "FLEET"),
    "error": ("error", "ERROR"),
}


def document(kind: str) -> Document[Any]:
    """A kind's document. Raises KeyError."""
    module, name = KINDS[kind]
    found: Document[Any] = getattr(import_module(f"{__name__}.{module}"), name)
    return found
