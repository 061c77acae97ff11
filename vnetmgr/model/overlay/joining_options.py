"""What may be said of a chassis: what reads each option of join-overlay."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, cast

from vnetmgr.model.overlay.joining import DATAPATH_TYPES, ENCAP_TYPES
from vnetmgr.model.overlay.options import is_word, parse_file, parse_southbound

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.overlay.joining import Datapath

_GOES = "none"
_LONGEST = 63  # of what ovn-controller reads of its file


def _parse_address(text: str) -> IpAddress:
    try:
        return ip_address(text)
    except ValueError:
        raise ValueError(f"{text!r} is no address, like 10.0.0.1 or fd00::1") from None


def _parse_encap_type(text: str) -> str:
    kinds = list(dict.fromkeys(each.strip() for each in text.split(",")))
    wrong = [kind for kind in kinds if kind not in ENCAP_TYPES]
    if wrong:
        known = ", ".join(ENCAP_TYPES)
        raise ValueError(f"{wrong[0]!r} is no kind of tunnel: {known}, or several with commas")
    return ",".join(kinds)


def _parse_datapath(text: str) -> Datapath:
    if text not in DATAPATH_TYPES:
        raise ValueError(f"{text!r} is neither {' nor '.join(DATAPATH_TYPES)}")
    return cast("Datapath", text)


def _parse_system_id(text: str) -> str:
    # requested-chassis and ovn-cms-options have several, with commas.
    if not is_word(text) or len(text) > _LONGEST:
        raise ValueError(
            f"{text!r}: a name is up to {_LONGEST} printable characters without blanks and commas"
        )
    return text


def parse_mapping(text: str) -> tuple[str, str | None]:
    """NAME:BRIDGE, or NAME:none for one that goes. Raises ValueError."""
    name, _, bridge = text.partition(":")
    if not is_word(name) or not is_word(bridge, ",:"):
        raise ValueError(
            f"{text!r} is no NAME:BRIDGE, as physnet:br-ex, nor NAME:{_GOES}; neither has blanks "
            "or commas"
        )
    return name, None if bridge == _GOES else bridge


CHASSIS_PARSERS: Mapping[str, Callable[[str], object]] = {
    "southbound": parse_southbound,
    "encap_ip": _parse_address,
    "encap_type": _parse_encap_type,
    "system_id": _parse_system_id,
    "datapath": _parse_datapath,
    "private_key": parse_file,
    "certificate": parse_file,
    "ca_cert": parse_file,
}
"""By their names, which are those of ChassisWant's and TlsFiles' fields. Each raises ValueError."""
