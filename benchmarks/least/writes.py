"""The two writes that a nic of a spec is, for a domain that is off; virsh's attach-interface is the
first of them alone."""

import libvirt

_CONFIG = libvirt.VIR_DOMAIN_AFFECT_CONFIG
_ELEMENT = libvirt.VIR_DOMAIN_METADATA_ELEMENT
ALIAS, KEY, NAMESPACE = "ua-vnetmgr-lan", "vnetmgr", "urn:vnetmgr:1"


def mark(uuid: str) -> str:
    """What vnetmgr keeps in a domain's metadata: that nic `lan` of this very domain is a spec's."""
    return f"<data domain='{uuid}'><owned nic='lan'/></data>"


def attach(domain: libvirt.virDomain, mac: str) -> None:
    """Attach a nic and mark it."""
    nic = (
        f"<interface type='bridge'><mac address='{mac}'/><source bridge='br0'/>"
        f"<model type='virtio'/><alias name='{ALIAS}'/></interface>"
    )
    domain.attachDeviceFlags(nic, _CONFIG)
    domain.setMetadata(_ELEMENT, mark(domain.UUIDString()), KEY, NAMESPACE, _CONFIG)
