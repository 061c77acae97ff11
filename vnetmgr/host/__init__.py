"""A libvirt host: what is there, and what is written. The only importer of libvirt."""

from __future__ import annotations

from vnetmgr.host.connect import Host

__all__ = ["Host"]
