"""What this libvirt can do. The only place where versions are compared."""

from __future__ import annotations

from vnetmgr.model.seen.observed import Features


def decide(*, client: int, daemon: int, driver: str, session: bool = False) -> Features:
    """The features of a connection.

    Versions are libvirt's numbers (major * 1,000,000 + minor * 1,000 + release): a call needs
    both ends to know it. `driver` is what virConnectGetType says: QEMU, TEST.
    `session`: whether it has a user's own rights.
    """
    version = min(client, daemon)
    test = driver.upper() == "TEST"
    return Features(
        # The test driver has attach and detach since 10.0, but not of a config (tried on 11.3).
        device_calls=not test,
        # libvirt's half. Whether the host's kernel has CONFIG_BRIDGE_VLAN_FILTERING cannot be
        # asked through libvirt: vnetmgr.engine.observe looks where it can.
        vlan_on_linux_bridge=version >= 11_000_000,
        host_links=not test,
        # testNetworkGetXMLDesc takes no flags.
        network_config=not test,
        monitor=driver.upper() == "QEMU",
        session=session,
        overrides=not test and version >= 8_002_000,
        zone_of_open_networks=version >= 11_003_000,
        network_titles=version >= 9_007_000,
        hostdev_driver_models=version >= 10_000_000,
        register_names=version >= 10_001_000,
    )
