"""Settings of a network by their paths: how they are said, and what is wrong with one."""

from __future__ import annotations

import pytest

from vnetmgr.model.options.network_extra import NETWORK_EXTRA, UNSETTABLE, bare, parse_pair
from vnetmgr.problem import NamesOptionsError

HOST = "ip[192.168.150.0/24].dhcp.host[192.168.150.20].lease"
SAID = {"mtu.size": "mtu", "route.metric": "route"}


def said_by(path: str) -> str | None:
    return SAID.get(path)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("ipv6=yes", ("ipv6", "yes")),
        ("title=Lab = 1", ("title", "Lab = 1")),
        ("mac.address=52:54:00:AA:BB:CC", ("mac.address", "52:54:00:aa:bb:cc")),
        ("forward.address[03:10.1].type=pci", ("forward.address[0000:03:10.1].type", "pci")),
        ("ip[FD00:0::/64].localPtr=no", ("ip[fd00::/64].localPtr", "no")),
        (f"{HOST}.expiry=5", (f"{HOST}.expiry", "5")),
        (
            "portgroup[a.b=c].virtualport.parameters.typeid=0x10",
            ("portgroup[a.b=c].virtualport.parameters.typeid", "16"),
        ),
        (
            "virtualport.parameters.interfaceid=09B11C538B5C4EEB8F00D84EAA0AAA4F",
            ("virtualport.parameters.interfaceid", "09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f"),
        ),
    ],
)
def test_what_is_said(text: str, pair: tuple[str, str]) -> None:
    assert parse_pair(text, said_by) == pair
    assert parse_pair("=".join(pair), said_by) == pair


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ipv6", "ipv6 takes a value"),
        ("ipv6=no", "ipv6 takes yes, not 'no'"),
        ("ip.localPtr=yes", "'ip.localPtr' is not like ip[SUBNET].localPtr"),
        ("ip[].localPtr=yes", "'ip[].localPtr' is not like ip[SUBNET].localPtr"),
        ("forward[x].managed=no", "'forward[x].managed' is not like forward.managed"),
        ("ip[10.0.0.1/24].localPtr=yes", "'10.0.0.1/24' is no subnet"),
        ("forward.address[3].type=pci", "is not like 0000:03:10.1"),
        ("virtualport.parameters.managerid=256", "not a whole number from 0 to 255"),
        ("virtualport.parameters.instanceid={x}", "takes a UUID, not '{x}'"),
        (f"virtualport.parameters.profileid={'x' * 40}", "takes up to 39 bytes"),
        (f"virtualport.parameters.profileid={'é' * 20}", "takes up to 39 bytes"),
        ("virtualport.parameters.profileid=a'b", "without ', & and <"),
        ("title=a\nb", "takes one line"),
        ("mac.address=01:00:5e:00:00:01", "multicast"),
        (f"{HOST}.unit=days", "takes seconds or minutes or hours, not 'days'"),
        ("mtu.size=9000", "'mtu.size': that is said by --mtu"),
        ("route[10.0.0.0/8].metric=9000", "that is said by --route"),
        ("uuid=x", "cannot be set: libvirt makes it"),
        ("portgroup[x].bandwidth.classID=1", "cannot be set: libvirt refuses it"),
        ("forward.driver.nam=vfio", "Did you mean forward.driver.name"),
        ("IPv6=yes", "docs/networks.md has them. Did you mean ipv6?"),
        ("=x", "no path of a network's settings"),
        ("", "no path of a network's settings"),
        ("ip[10.0.0.0/24", "no path of a network's settings"),
        (".ipv6=yes", "no path of a network's settings"),
        ("ipv6.=yes", "no path of a network's settings"),
        ("ip[10.0.0.0/24]localPtr=yes", "no path of a network's settings"),
        ("ip[10.0.0.0/24]..localPtr=yes", "no path of a network's settings"),
        ("title=\ufffe", "title takes one line"),
        ("description=\ud800", "description takes a text"),
    ],
)
def test_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_pair(text, said_by)
    assert says in str(caught.value)


def test_a_spec_names_its_own_key() -> None:
    with pytest.raises(NamesOptionsError) as caught:
        parse_pair("mtu.size=9000", said_by)
    assert "said by mtu" in caught.value.said(str)


def test_each_path_is_one_key() -> None:
    paths = [bare(key) for key in NETWORK_EXTRA]
    assert len(set(paths)) == len(paths)
    assert not set(paths) & UNSETTABLE.keys()
