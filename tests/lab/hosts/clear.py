"""Clearing a host of what tests have made there, by libvirt alone."""

from __future__ import annotations

import libvirt


def forget_networks(conn: libvirt.virConnect) -> None:
    """Stop and forget every network."""
    for network in conn.listAllNetworks():
        try:
            persistent = network.isPersistent()
            if network.isActive():
                network.destroy()
            if persistent:
                network.undefine()
        except libvirt.libvirtError as error:
            # A transient one of a repair: libvirtd still takes it away when the watch that asked
            # for that has been killed.
            if error.get_error_code() != libvirt.VIR_ERR_NO_NETWORK:
                raise


def forget_domains(conn: libvirt.virConnect) -> None:
    """End and forget every domain."""
    for domain in conn.listAllDomains():
        if domain.isPersistent():
            domain.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE)
    # Those that were off are gone by now.
    for domain in conn.listAllDomains():
        domain.destroy()
