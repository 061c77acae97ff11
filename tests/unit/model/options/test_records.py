"""Options become a DNS record; what dnsmasq would misread is refused, all of it at once."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from vnetmgr.errors import UsageError
from vnetmgr.model.dns import DnsRecord, RecordKind
from vnetmgr.model.options.records import RECORD_OPTIONS, build_record


@pytest.mark.parametrize(
    ("options", "record"),
    [
        (
            {"host": "nas", "address": "192.168.150.5"},
            DnsRecord(kind=RecordKind.HOST, name="nas", address=ip_address("192.168.150.5")),
        ),
        (
            {"host": "nas.lab.internal", "address": "FD00::5"},
            DnsRecord(kind=RecordKind.HOST, name="nas.lab.internal", address=ip_address("fd00::5")),
        ),
        ({"srv": "ldap"}, DnsRecord(kind=RecordKind.SRV, name="ldap", protocol="tcp")),
        (
            {"srv": "ldap", "target": "."},
            DnsRecord(kind=RecordKind.SRV, name="ldap", protocol="tcp", target="."),
        ),
        (
            {
                "srv": "_sip",
                "protocol": "_udp",
                "domain": "lab.internal",
                "target": "nas.lab.internal",
                "port": "5060",
                "priority": "0",
                "weight": "65535",
            },
            DnsRecord(
                kind=RecordKind.SRV,
                name="sip",
                protocol="udp",
                domain="lab.internal",
                target="nas.lab.internal",
                port=5060,
                priority=0,
                weight=65535,
            ),
        ),
        (
            {"txt": "_dmarc.lab.internal", "value": "v=DMARC1; p=none"},
            DnsRecord(kind=RecordKind.TXT, name="_dmarc.lab.internal", value="v=DMARC1; p=none"),
        ),
        (
            {"cname": "www", "target": "nas.lab.internal"},
            DnsRecord(kind=RecordKind.CNAME, name="www", target="nas.lab.internal"),
        ),
        (
            {"wildcard": "*.apps.lab", "address": "10.0.0.5"},
            DnsRecord(kind=RecordKind.WILDCARD, name="*.apps.lab", address=ip_address("10.0.0.5")),
        ),
        (
            {"wildcard": "*", "address": "fd00::5"},
            DnsRecord(kind=RecordKind.WILDCARD, name="*", address=ip_address("fd00::5")),
        ),
    ],
)
def test_records(options: dict[str, str], record: DnsRecord) -> None:
    assert build_record(options) == record


@pytest.mark.parametrize(
    ("options", "record"),
    [
        ({"host": "nas"}, DnsRecord(kind=RecordKind.HOST, name="nas")),
        ({"srv": "ldap"}, DnsRecord(kind=RecordKind.SRV, name="ldap")),
        ({"srv": "ldap", "port": "389"}, DnsRecord(kind=RecordKind.SRV, name="ldap", port=389)),
        ({"txt": "note"}, DnsRecord(kind=RecordKind.TXT, name="note")),
        ({"cname": "www"}, DnsRecord(kind=RecordKind.CNAME, name="www")),
        ({"wildcard": "*.lab"}, DnsRecord(kind=RecordKind.WILDCARD, name="*.lab")),
    ],
)
def test_a_removal_says_as_much_as_it_likes(options: dict[str, str], record: DnsRecord) -> None:
    assert build_record(options, complete=False) == record


_NAS = {"host": "nas", "address": "10.0.0.5"}
_APPS = {"wildcard": "*.apps.lab", "address": "10.0.0.5"}
_LDAP = {"srv": "ldap", "target": "nas.lab"}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "one of --host, --srv, --txt, --cname and --wildcard; none was given"),
        ({**_NAS, "txt": "x", "value": "y"}, "not --host and --txt"),
        ({"host": "nas"}, "--host needs --address"),
        ({"txt": "note"}, "--txt needs --value"),
        ({"cname": "www"}, "--cname needs --target"),
        ({**_NAS, "port": "80"}, "--port: goes with --srv"),
        ({**_NAS, "target": "x.y"}, "--target: goes with --srv or --cname"),
        ({**_NAS, "adress": "10.0.0.5"}, "adress is no option of a DNS record. Did you mean add"),
        ({**_NAS, "address": ["10.0.0.5", "10.0.0.6"]}, "--address: takes one value, not 2"),
        ({**_NAS, "address": "10.0.0"}, "'10.0.0' is no IP address"),
        ({**_NAS, "address": "fe80::1%eth0"}, "no zone"),
        ({**_NAS, "host": ""}, "--host: host '': a DNS name"),
        ({**_NAS, "host": "nas."}, "a DNS name"),
        ({**_NAS, "host": "a b"}, "a DNS name"),
        ({**_NAS, "host": "nas\naddress=/x/1.2.3.4"}, "a DNS name"),
        ({**_NAS, "host": "nas\n"}, "a DNS name"),
        ({**_NAS, "host": "-nas"}, "a DNS name"),
        ({**_NAS, "host": "n" * 64}, "a DNS name"),
        ({**_NAS, "host": ".".join(["abc"] * 64)}, "a DNS name"),
        ({**_NAS, "host": "näs"}, "a DNS name"),
        ({**_LDAP, "srv": "a.b"}, "--srv: service 'a.b' is not a word"),
        ({**_LDAP, "srv": "__ldap"}, "is not a word"),
        ({**_LDAP, "srv": "_"}, "is not a word"),
        ({**_LDAP, "protocol": "sctp"}, "--protocol: protocol 'sctp' is not tcp or udp"),
        ({**_LDAP, "port": "0"}, "--port: port '0' is not a whole number from 1 to 65535"),
        ({**_LDAP, "priority": "65536"}, "from 0 to 65535"),
        ({**_LDAP, "weight": "-1"}, "from 0 to 65535"),
        ({"srv": "ldap", "port": "389"}, "--port: needs --target"),
        ({"srv": "ldap", "weight": "5"}, "--weight: needs --target"),
        ({"txt": "a note", "value": "x"}, "a DNS name"),
        ({"txt": "note", "value": 'a "b"'}, "no '\"'"),
        ({"txt": "note", "value": "a\nb"}, "no control character"),
        ({"txt": "note", "value": "a,b"}, "at a comma"),
        ({"txt": "note", "value": "a # b"}, "comment"),
        ({"txt": "note", "value": " a"}, "drops blanks"),
        ({"txt": "note", "value": ""}, "needs a text"),
        ({"txt": "note", "value": "x" * 751}, "more than 750 bytes"),
        ({"cname": "www", "target": "nas"}, "--target: nas is not a full name"),
        ({"cname": "www", "target": "."}, "--target: . is not a full name"),
        ({"cname": "nas.lab", "target": "nas.lab"}, "an alias of itself"),
        ({"wildcard": "*.lab"}, "--wildcard needs --address"),
        ({**_APPS, "host": "x"}, "not --host and --wildcard"),
        ({**_APPS, "wildcard": "apps.lab"}, "'apps.lab' does not begin with '*.', like *.apps.lab"),
        ({**_APPS, "wildcard": ".apps.lab"}, "does not begin with '*.'"),
        ({**_APPS, "wildcard": "*apps.lab"}, "does not begin with '*.'"),
        ({**_APPS, "wildcard": "*."}, "does not begin with '*.'"),
        ({**_APPS, "wildcard": ""}, "does not begin with '*.'"),
        ({**_APPS, "wildcard": "*.*.lab"}, "domain '*.lab': a DNS name"),
        ({**_APPS, "wildcard": "*.a/b"}, "a DNS name"),
        ({**_APPS, "wildcard": "*.a\nno-resolv"}, "a DNS name"),
        ({**_APPS, "address": "10.0.0.5/24"}, "is no IP address"),
        ({**_APPS, "address": "nas.lab"}, "is no IP address"),
        ({**_APPS, "target": "x.y"}, "--target: goes with --srv or --cname"),
    ],
)
def test_problems(options: dict[str, str], problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        build_record(options)
    assert problem in caught.value.message


def test_all_problems_at_once() -> None:
    options = {"srv": "a b", "protocol": "x", "port": "0", "value": "y", "colour": "red"}
    with pytest.raises(UsageError, match="6 problems"):
        build_record(options)


def test_every_field_is_an_option() -> None:
    fields = {option.field for option in RECORD_OPTIONS.values()}
    assert fields == set(DnsRecord.FIELDS) - {"kind"}
    assert {kind.value for kind in RecordKind} < set(RECORD_OPTIONS)


def test_a_service_is_told_in_full() -> None:
    record = build_record({"srv": "ldap", "target": "nas.lab", "port": "389", "weight": "5"})
    assert str(record) == "srv _ldap._tcp nas.lab:389 weight 5"
