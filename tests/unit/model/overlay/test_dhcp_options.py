"""DHCP options in dnsmasq's words and in OVN's."""

from __future__ import annotations

import json

import pytest

from tests.ovn import Central
from vnetmgr.model.overlay.dhcp_options import (
    as_said,
    known_options,
    name_of,
    options_of,
    parse_dhcp_option,
)

SAID = {
    "option:ntp-server,10.0.0.1": ("ntp_server", "10.0.0.1"),
    "option:ntp-server,10.0.0.1,10.0.0.2": ("ntp_server", "{10.0.0.1, 10.0.0.2}"),
    "42,10.0.0.1": ("ntp_server", "10.0.0.1"),
    "option:tftp-server, boot.lab.internal ": ("tftp_server", '"boot.lab.internal"'),
    "option:default-ttl,064": ("default_ttl", "64"),
    "option:ip-forward-enable,1": ("ip_forward_enable", "1"),
    "121,10.9.0.0/16,10.66.0.3": ("classless_static_route", "{10.9.0.0/16, 10.66.0.3}"),
    "121,10.9.0.0/255.255.0.0,10.66.0.3": ("classless_static_route", "{10.9.0.0/16, 10.66.0.3}"),
    "252,http://wpad/x?a=b,c": ("wpad", '"http://wpad/x?a=b,c"'),
    f"252,{'x' * 255}": ("wpad", f'"{"x" * 255}"'),
    "option:domain-search, a.test, b.test": ("domain_search_list", '"a.test,b.test"'),
    "option:broadcast,10.66.0.255": ("broadcast_address", "10.66.0.255"),
}


@pytest.mark.parametrize(("said", "ovn"), SAID.items())
def test_an_option_is_written_as_ovn_has_it(said: str, ovn: tuple[str, str]) -> None:
    assert parse_dhcp_option(said) == ovn
    assert name_of(said) == ovn[0]
    again = as_said(*ovn)
    assert again is not None
    assert parse_dhcp_option(again) == ovn


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("option:ntp-server,pool.ntp.org", "one or several IPv4 addresses"),
        ("option:ntp-server,fd00::1", "one or several IPv4 addresses"),
        ("option:ntp-server,", "one or several IPv4 addresses"),
        ("option:ntp-server", "one or several IPv4 addresses"),
        ("option:default-ttl,256", "a number up to 255"),
        ("option:default-ttl,-1", "a number up to 255"),
        ("option:ip-forward-enable,yes", "0 or 1"),
        ("121,10.9.0.0/16", "each with its gateway"),
        ("121,10.9.0.1/16,10.66.0.3", "each with its gateway"),
        ('252,a"b', "without quotes"),
        ("252,a\\b", "without quotes"),
        ("252,a\nb", "without quotes"),
        ("252,", "of 1 to 255 bytes"),
        ("option:hostname", "of 1 to 255 bytes"),
        (f"252,{'x' * 256}", "of 1 to 255 bytes.*'x{57}[.]{3}'"),
        (f"252,{'ä' * 128}", "of 1 to 255 bytes"),
        (f"option:ntp-server{',10.0.0.1' * 64}", "63 at most"),
        (f"121{',10.9.0.0/16,10.66.0.3' * 37}", "in 255 bytes"),
        ("option:broadcast,10.0.0.1,10.0.0.2", "one IPv4 address"),
        ("option:policy-filter,10.0.0.1", "pairs"),
        ("option:domain-search,a..b", "domains"),
        (f"option:domain-search,{'x' * 64}.test", "domains"),
        (f"option:domain-search,{','.join(['sub.lab.example.org'] * 13)}", "in 255 bytes"),
        ("option:router,10.0.0.1", "no option"),
        ("option:nonsense,1", "no option"),
        ("option6:dns-server,[fd00::1]", "no option"),
        ("", "no option"),
    ],
)
def test_what_ovn_could_not_read_is_refused(said: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_dhcp_option(said)


def test_ovn_knows_each_by_its_name_and_number(central: Central) -> None:
    listed = json.loads(central.south.ctl("--format=json --columns=name,code list DHCP_Options"))
    codes = {name: int(code) for name, code in listed["data"]}
    for said in known_options():
        name = name_of(said)
        assert name in codes
        assert name_of(f"{codes[name]},") == name


def test_several() -> None:
    assert options_of(["42,10.0.0.1", "23,64"]) == {"ntp_server": "10.0.0.1", "default_ttl": "64"}
