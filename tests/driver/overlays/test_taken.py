"""What a nic cannot have on an overlay since something else has it there, on a real database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vnetmgr.errors import RefusedError
from vnetmgr.model.overlay.row_names import INSIDE, mac_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import vnetmgr
    from tests.ovn import Database


def test_a_mac_that_the_router_or_a_port_made_by_hand_has(
    northbound: Database, host: Callable[..., vnetmgr.Host]
) -> None:
    kvm1 = host()
    kvm1.create_network("blue", mode="overlay", subnet="10.66.0.0/24")
    (routers,) = northbound.ctl("--bare --columns=mac list logical_router_port").split()
    assert routers == mac_of(INSIDE, "blue", "default")
    by_hand = "52:54:00:00:00:99"
    northbound.ctl("lsp-add blue by-hand")
    northbound.ctl(f"lsp-set-addresses by-hand '{by_hand} dynamic'")
    kvm1.attach_nic("web1", network="blue", name="lan")
    for mac, whose in ((routers, "its router"), (by_hand, "port by-hand, which is not vnetmgr's")):
        says = f"network blue has MAC {mac} already: {whose}"
        with pytest.raises(RefusedError, match=says):
            kvm1.attach_nic("web1", network="blue", name="more", mac=mac)
        with pytest.raises(RefusedError, match=says):
            kvm1.update_nic("web1", "lan", mac=mac)
        with pytest.raises(RefusedError, match=says):
            kvm1.create_domain("web2", nics=[f"network=blue,mac={mac}"])
        nic = {"network": "blue", "mac": mac}
        spec = {"version": 1, "domains": {"web1": {"nics": {"lan": nic}}}}
        (error,) = kvm1.apply(spec, check=False).errors
        assert says in error.message
    assert kvm1.domain_names() == ["web1"]


@pytest.mark.parametrize(
    ("address", "whose"),
    [("10.66.0.1", "is the gateway's"), ("10.66.0.99", "is leased to 52:54:00:00:00:99 now")],
)
def test_an_address_that_the_router_or_a_port_made_by_hand_has(
    northbound: Database, host: Callable[..., vnetmgr.Host], address: str, whose: str
) -> None:
    kvm1 = host()
    kvm1.create_network("blue", mode="overlay", subnet="10.66.0.0/24")
    northbound.ctl("lsp-add blue by-hand")
    northbound.ctl("lsp-set-addresses by-hand '52:54:00:00:00:99 10.66.0.99'")
    nic = {"network": "blue", "address": address}
    spec = {"version": 1, "domains": {"web1": {"nics": {"lan": nic}}}}
    (error,) = kvm1.apply(spec, check=False).errors
    assert (address in error.message, whose in error.message) == (True, True)
