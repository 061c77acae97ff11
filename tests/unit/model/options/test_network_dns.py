"""What of a network's DNS cannot be, or cannot be together: all of it at once."""

from __future__ import annotations

import pytest

from vnetmgr.errors import UsageError
from vnetmgr.model.options.network_patch import build_network_patch

FORWARDERS = {
    "": "'' of '' is none of address=, domain=",
    "dns.test": "'dns.test' is no IP address",
    "10.0.0.1#53": "'10.0.0.1#53' is no IP address",
    "fe80::1%eth0": "no zone",
    "0.0.0.0": "0.0.0.0 is no DNS server's address",
    "ff02::fb": "ff02::fb is no DNS server's address",
    "10.0.0.1,domain=": "none of",
    "10.0.0.1,domain=a b": "domain: domain 'a b': a DNS name",
    "10.0.0.1,domain=*.corp.test": "a DNS name",
    "10.0.0.1,domain=x/y": "a DNS name",
    "10.0.0.1,domain=x,domain=y": "names domain twice",
    "10.0.0.1,10.0.0.2": "'10.0.0.2' of '10.0.0.1,10.0.0.2' is none of",
    "10.0.0.1,port=5353": "'port=5353' of '10.0.0.1,port=5353' is none of",
    "domain=x\nno-resolv": "a DNS name",
}


@pytest.mark.parametrize(("text", "problem"), FORWARDERS.items())
def test_what_is_no_forwarder(text: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        build_network_patch({"dns_forwarder": [text]})
    assert problem in caught.value.message


TOGETHER = {
    "off, and all that asks for it": (
        {
            "dns": "off",
            "dns_forwarder": ["9.9.9.9"],
            "register_names": "yes",
            "dns_local_only": "yes",
            "dns_forward_plain_names": "no",
            "dns_option": ["port=54"],
        },
        (
            "--dns-forwarder: does not go with --dns off (9.9.9.9)",
            "--register-names: does not go with --dns off",
            "--dns-local-only: does not go with --dns off",
            "--dns-forward-plain-names: does not go with --dns off",
            "--dns-option: port: libvirt says it itself",
        ),
    ),
    "of no domain": (
        {"dns_domain": "none", "dns_local_only": "yes", "register_names": "yes"},
        (
            "--dns-local-only: does not go with --dns-domain none",
            "--register-names: does not go with --dns-domain none",
        ),
    ),
    "names on the host": (
        {"register_names": "yes", "dns_local_only": "no"},
        ("--register-names: needs --dns-local-only",),
    ),
    "twice": (
        {
            "dns_forwarder": ["9.9.9.9", "9.9.9.9,domain=x", "9.9.9.9"],
            "dns_option": ["cache-size=1", "cache-size=2", "no-hosts", "no-hosts"],
        },
        ("9.9.9.9 is given twice", "cache-size is given twice", "no-hosts is given twice"),
    ),
    "on a bridge of the host's": (
        {"mode": "bridge", "bridge": "br0", "dns": "off", "dns_option": ["no-hosts"]},
        ("--dns: a bridge network has none", "--dns-option: a bridge network has none"),
    ),
}


@pytest.mark.parametrize(("values", "problems"), TOGETHER.values(), ids=TOGETHER.keys())
def test_what_does_not_go_together(
    values: dict[str, str | list[str]], problems: tuple[str, ...]
) -> None:
    with pytest.raises(UsageError) as caught:
        build_network_patch(values)
    said = caught.value.message + "".join(
        f"{each.origin}: {each.text}" for each in caught.value.problems
    )
    assert all(each in said for each in problems), said


def test_lines_that_may_stand_twice() -> None:
    lines = ["server=/a/10.0.0.1", "server=/b/10.0.0.1", "host-record=a,10.0.0.5"]
    assert build_network_patch({"dns_option": lines}).dns_options == tuple(lines)
