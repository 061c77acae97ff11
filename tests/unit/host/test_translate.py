"""What is said of libvirt's errors, and what to do about them."""

from __future__ import annotations

import libvirt
import pytest

from vnetmgr.host.translate import translate
from vnetmgr.problem import in_spec

# As libvirt 9.0 has it after `nft flush ruleset`.
FLUSHED = (
    "internal error: Failed to apply firewall rules /usr/sbin/iptables -w --table filter --insert "
    "LIBVIRT_INP --in-interface virbr7 --protocol tcp --destination-port 67 --jump ACCEPT: "
    "iptables: No chain/target/match by that name."
)


def test_chains_that_somebody_flushed_come_back_with_the_daemon() -> None:
    error = libvirt.libvirtError(FLUSHED)
    error.err = (libvirt.VIR_ERR_INTERNAL_ERROR, 0, FLUSHED, 2, "", None, None, -1, -1)
    said = translate(error, what="network lab")
    assert said.message.startswith("network lab: ")
    assert "systemctl restart libvirtd" in (said.hint or "")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Unable to read from monitor: Connection reset by peer", "QEMU ended meanwhile"),
        ("internal error: End of file from qemu monitor", "QEMU ended meanwhile"),
        ("transient domains do not have any persistent config", "was it undefined meanwhile?"),
    ],
)
def test_a_guest_that_others_end_or_undefine_meanwhile(text: str, hint: str) -> None:
    error = libvirt.libvirtError(text)
    error.err = (libvirt.VIR_ERR_INTERNAL_ERROR, 0, text, 2, "", None, None, -1, -1)
    assert hint in in_spec(translate(error, what="domain web1").hint or "")
