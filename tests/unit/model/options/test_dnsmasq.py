"""Lines of dnsmasq's configuration: what it would refuse or misread is refused, and what another
field says."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from vnetmgr.model.options.dnsmasq import check_line, is_plain, read_wildcards, wildcard_line
from vnetmgr.problem import NamesOptionsError


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("no-resolv", "no-resolv"),
        (" log-queries ", "log-queries"),
        ("log-queries=extra", "log-queries=extra"),
        ("cache-size = 1000", "cache-size=1000"),
        ("cache-size", "cache-size"),
        ("filter-AAAA", "filter-AAAA"),
        ("fast-dns-retry=1000,10000", "fast-dns-retry=1000,10000"),
        ("dhcp-reply-delay=tag:slow,5", "dhcp-reply-delay=tag:slow,5"),
        ("server=/lab.test/10.0.0.1#5353", "server=/lab.test/10.0.0.1#5353"),
        ("server=/lab.test/#", "server=/lab.test/#"),
        ("local=/apps.lab/", "local=/apps.lab/"),
        ("address=/ads.test/", "address=/ads.test/"),
        ("address=/ads.test/#", "address=/ads.test/#"),
        ("address=//10.0.0.5", "address=//10.0.0.5"),
        ("address=/*apps.lab/10.0.0.5", "address=/*apps.lab/10.0.0.5"),
        ("address=/a b.lab/10.0.0.5", "address=/a b.lab/10.0.0.5"),
        ("address=10.0.0.5", "address=10.0.0.5"),
        ('txt-record=t,"a #b, \\" c"', 'txt-record=t,"a #b, \\" c"'),
        ("txt-record=é,a=b#c", "txt-record=é,a=b#c"),
        ("dhcp-option-force=3,10.0.0.1", "dhcp-option-force=3,10.0.0.1"),
        ("host-record=" + "x" * 988, "host-record=" + "x" * 988),
    ],
)
def test_options_that_nothing_else_says(text: str, line: str) -> None:
    assert check_line(text) == line
    assert check_line(line) == line
    assert is_plain(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "'' is no option of dnsmasq's"),
        ("=x", "'' is no option"),
        (
            "cash-size=1",
            "'cash-size' is no option of dnsmasq's, like cache-size=1000 or no-resolv.",
        ),
        ("cash-size=1", "Did you mean cache-size?"),
        ("--no-resolv", "Did you mean no-resolv?"),
        ("cache-size=99999999999999", "cache-size: 99999999999999 has more than 9 digits"),
        ("NO-RESOLV", "'NO-RESOLV' is no option"),
        ("cache size=1", "'cache size' is no option"),
        ("# no-resolv", "takes what follows '#' for a comment"),
        ("server=10.0.0.1 # ours", "takes what follows '#' for a comment"),
        ("no-resolv\nlog-queries", "without line breaks and control characters"),
        ("no-resolv\r", "without line breaks"),
        ("txt-record=t,a\x85b", "without line breaks"),
        ("txt-record=t,a\u2028b", "without line breaks"),
        ('txt-record=t,"a', "misses the other '\"'"),
        ('txt-record=t,"a\\"', "misses the other '\"'"),
        ("no-resolv=yes", "no-resolv takes no value"),
        ("no-resolv=", "no-resolv takes no value"),
        ("server", "server needs a value: server=VALUE"),
        ("server=", "server needs a value"),
        ("cache-size=", "cache-size needs a value"),
        ("cache-size=many", "cache-size: 'many' is no number"),
        ("port=-1", "port: '-1' is no number"),
        ("port=٣", "is no number"),
        ("host-record=" + "x" * 989, "more than 1000 bytes"),
        ("host-record=" + "é" * 495, "more than 1000 bytes"),
        ("pid-file=/tmp/x", "pid-file: libvirt writes it"),
        ("dhcp-script=/bin/true", "libvirt would know of no lease"),
        ("bind-interfaces", "libvirt has bind-dynamic"),
        ("no-daemon", "libvirt would wait for ever"),
        ("test", "serves nobody"),
        ("dhcp-option=3", "dhcp-option is what --dhcp-option says"),
        ("cname=a.lab,b.lab", "cname is a record: add-dns-record --cname"),
        (
            "address=/apps.lab/10.0.0.5",
            "is a record: add-dns-record --wildcard '*.apps.lab' --address 10.0.0.5; in a spec",
        ),
        ("address = /.a.lab/b.lab/fd00::5", "--wildcard '*.a.lab' --address fd00::5"),
        ("address=/#/10.0.0.5", "--wildcard '*' --address 10.0.0.5"),
    ],
)
def test_what_dnsmasq_would_misread_or_another_field_says(text: str, problem: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the text is what matters
        check_line(text)
    assert problem in str(refused.value)
    assert not is_plain(text)


def test_the_field_is_called_as_where_it_was_given() -> None:
    with pytest.raises(NamesOptionsError) as refused:
        check_line("dhcp-option=3")
    assert refused.value.said(str) == "dhcp-option is what dhcp_option says"


@pytest.mark.parametrize(
    ("line", "words", "names"),
    [
        ("address=/apps.lab/10.0.0.5", ("apps.lab",), ("*.apps.lab",)),
        ("address = /.apps.lab/10.0.0.5 ", (".apps.lab",), ("*.apps.lab",)),
        ("address=/*.apps.lab/10.0.0.5", ("*.apps.lab",), ("*.apps.lab",)),
        ("address=/a/b.lab/10.0.0.5", ("a", "b.lab"), ("*.a", "*.b.lab")),
        ("address=/#/10.0.0.5", ("#",), ("*",)),
    ],
)
def test_wildcards(line: str, words: tuple[str, ...], names: tuple[str, ...]) -> None:
    found = read_wildcards(line)
    assert found is not None
    assert (found.words, found.names, found.address) == (words, names, ip_address("10.0.0.5"))


@pytest.mark.parametrize("name", ["*", "*.lab", "*.apps.lab", "*._x.lab"])
@pytest.mark.parametrize("address", ["10.0.0.5", "fd00::5"])
def test_a_wildcard_is_read_as_it_is_written(name: str, address: str) -> None:
    found = read_wildcards(wildcard_line(name, ip_address(address)))
    assert found is not None
    assert (found.names, found.address) == ((name,), ip_address(address))
