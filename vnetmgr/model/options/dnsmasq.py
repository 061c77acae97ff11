"""Lines of dnsmasq's configuration: what libvirt hands to it as they are.

How it reads one, and its options: read_file() and opts[] in src/option.c of dnsmasq 2.90 and 2.91.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.model.names import did_you_mean
from vnetmgr.model.options.parsers import check_dns_name, parse_address
from vnetmgr.problem import NamesOptionsError

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import IpAddress

DHCP_OPTION, CNAME, ADDRESS = "dhcp-option", "cname", "address"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ALONE = _words(
    """
    all-servers bind-dynamic bind-interfaces bogus-priv clear-on-reload conntrack
    dhcp-authoritative dhcp-client-update dhcp-fqdn dhcp-ignore-clid dhcp-no-override
    dhcp-rapid-commit dhcp-sequential-ip dns-loop-detect dnssec dnssec-debug dnssec-no-timecheck
    do-0x20-encode domain-needed enable-ra expand-hosts filter-A filter-AAAA filterwin2k
    leasefile-ro localise-queries localmx log-debug log-dhcp no-0x20-encode no-hosts no-ident
    no-negcache no-ping no-poll no-resolv no-round-robin proxy-dnssec quiet-dhcp quiet-dhcp6
    quiet-ra quiet-tftp read-ethers rebind-localhost-ok script-arp script-on-renewal selfmx
    stop-dns-rebind strict-order strip-mac strip-subnet tftp-lowercase tftp-no-blocksize
    tftp-no-fail tftp-secure tftp-single-port
    """
)
"""Those that take no value."""
_WITH_OR_WITHOUT = _words(
    """
    add-mac add-subnet bootp-dynamic cache-size conf-file connmark-allowlist-enable
    dhcp-alternate-port dhcp-broadcast dhcp-generate-names dhcp-ignore-names dhcp-proxy
    dnssec-check-unsigned enable-dbus enable-tftp enable-ubus fast-dns-retry group local-service
    log-async log-queries resolv-file tftp-unique-root umbrella use-stale-cache user
    """
)
_WITH_VALUE = _words(
    """
    add-cpe-id addn-hosts address alias auth-peer auth-sec-servers auth-server auth-soa auth-ttl
    auth-zone bogus-nxdomain bridge-interface caa-record cache-rr cname conf-dir conf-script
    connmark-allowlist dhcp-boot dhcp-circuitid dhcp-duid dhcp-host dhcp-hostsdir dhcp-hostsfile
    dhcp-ignore dhcp-luascript dhcp-mac dhcp-match dhcp-name-match dhcp-option dhcp-option-force
    dhcp-option-pxe dhcp-optsdir dhcp-optsfile dhcp-pxe-vendor dhcp-range dhcp-relay dhcp-remoteid
    dhcp-reply-delay dhcp-scriptuser dhcp-subscrid dhcp-ttl dhcp-userclass dhcp-vendorclass
    dns-forward-max dns-rr dnssec-limits dnssec-timestamp domain domain-suffix dumpfile dumpmask
    dynamic-host edns-packet-max except-interface filter-rr host-record hostsdir ignore-address
    interface interface-name ipset listen-address local local-ttl log-facility max-cache-ttl
    max-port max-tcp-connections max-ttl min-cache-ttl min-port mx-host mx-target naptr-record
    neg-ttl nftset no-dhcp-interface no-dhcpv4-interface no-dhcpv6-interface port port-limit
    ptr-record pxe-prompt pxe-service query-port ra-param rebind-domain-ok rev-server server
    servers-file shared-network srv-host synth-domain tag-if tftp-max tftp-mtu tftp-port-range
    tftp-root trust-anchor txt-record
    """
)
_OPTIONS = _ALONE | _WITH_OR_WITHOUT | _WITH_VALUE
_NUMBERS = _words(
    """
    auth-ttl cache-size dhcp-ttl dns-forward-max edns-packet-max
    local-ttl log-async max-cache-ttl max-port max-tcp-connections max-ttl min-cache-ttl min-port
    neg-ttl port port-limit query-port tftp-max tftp-mtu
    """
)
ONCE = _NUMBERS | _words(
    """
    add-cpe-id add-subnet auth-server auth-soa connmark-allowlist-enable dhcp-alternate-port
    dhcp-duid dhcp-reply-delay dhcp-scriptuser dnssec-limits dnssec-timestamp dumpfile dumpmask
    enable-dbus enable-ubus fast-dns-retry group local-service log-facility mx-target servers-file
    tftp-port-range umbrella use-stale-cache user
    """
)
"""dnsmasq does not start with two of the same of them: "illegal repeated keyword"."""
FILES = _words(
    """
    addn-hosts conf-dir conf-file conf-script dhcp-hostsdir dhcp-hostsfile dhcp-luascript
    dhcp-optsdir dhcp-optsfile dhcp-scriptuser dnssec-timestamp dumpfile enable-dbus enable-tftp
    enable-ubus group hostsdir log-facility read-ethers resolv-file servers-file tftp-root user
    """
)
"""Those that have it read, write, serve or run files of its machine, or say as whom."""
_NOT_HERE = {
    **dict.fromkeys(
        ("pid-file", "dhcp-lease-max"), "libvirt writes it, and dnsmasq starts with no second one"
    ),
    **dict.fromkeys(
        ("dhcp-script", "dhcp-lease", "dhcp-leasefile"), "libvirt would know of no lease any more"
    ),
    **dict.fromkeys(
        ("no-daemon", "keep-in-foreground"), "libvirt would wait for ever for dnsmasq's start"
    ),
    "bind-interfaces": "libvirt has bind-dynamic, and dnsmasq does not start with both",
    **dict.fromkeys(("help", "version", "test"), "dnsmasq says something, and serves nobody"),
}
# dnsmasq reads lines of 1024 bytes; what is beyond is a line of its own (seen on 2.89).
LONGEST_LINE = 1000
# It reads numbers by atoi(): of a larger one something else is left, of cache-size=99999999999999
# 30 GB of a cache.
_MOST_DIGITS = 9
_ESCAPED = '"tnebr\\'
ANY = "*"
"""The wildcard of all names."""


class Wildcards(NamedTuple):
    """A line `address=/apps.lab/test.lab/10.0.0.5`: names that have an address, and so has all
    that is below them."""

    words: tuple[str, ...]
    """The domains as the line spells them."""
    address: IpAddress

    @property
    def names(self) -> tuple[str, ...]:
        """What they are called as records: `*.apps.lab`."""
        return tuple(_wildcard(word) for word in self.words)


def check_wildcard(text: str) -> str:
    """A name like `*.apps.lab`, or `*`. Raises ValueError."""
    star, dot, domain = text.partition(".")
    if star != ANY or (dot and not domain):
        raise ValueError(f"wildcard {text!r} does not begin with '*.', like *.apps.lab")
    if dot:
        check_dns_name(domain, what=f"wildcard {text!r}: domain")
    return text


def wildcard_line(name: str, address: IpAddress) -> str:
    """The line of a wildcard record."""
    return f"{ADDRESS}=/{'#' if name == ANY else name.removeprefix('*.')}/{address}"


def read_wildcards(line: str) -> Wildcards | None:
    """The wildcard records of a line; None where it is another one, or more than them: an address
    of `#` or none, names without a dot, part of a label."""
    name, _, value = line.partition("=")
    slash, *words, address = value.strip().split("/") if "/" in value else ("-", "")
    if name.strip() != ADDRESS or slash or not words:
        return None
    try:
        found = Wildcards(tuple(words), parse_address(address))
        for each in found.names:
            check_wildcard(each)
    except ValueError:
        return None
    return found


def _wildcard(word: str) -> str:
    """dnsmasq takes apps.lab and .apps.lab for that domain and all below it, *.apps.lab for what
    is below it alone (2.86), and # for every name."""
    if word == "#":
        return ANY
    if word.startswith("*."):
        return word
    return f"*.{word.removeprefix('.')}"


def check_line(text: str) -> str:
    """One option of dnsmasq's, as `name` or `name=value`, that nothing else of a network says.

    Raises ValueError for what dnsmasq would refuse or misread, as far as that is known.
    """
    text = text.strip(" ")
    _check_characters(text)
    name, equals, value = (part.strip(" ") for part in text.partition("="))
    if name in _NOT_HERE:
        raise ValueError(f"{name}: {_NOT_HERE[name]}")
    if name not in _OPTIONS:
        raise ValueError(
            f"{name!r} is no option of dnsmasq's, like cache-size=1000 or no-resolv."
            f"{did_you_mean(name, _OPTIONS)}"
        )
    if equals and name in _ALONE:
        raise ValueError(f"{name} takes no value")
    if not value and (equals or name in _WITH_VALUE):
        raise ValueError(f"{name} needs a value: {name}=VALUE")
    if value and name in _NUMBERS and not (value.isascii() and value.isdecimal()):
        raise ValueError(f"{name}: {value!r} is no number")
    if value and name in _NUMBERS and len(value.lstrip("0")) > _MOST_DIGITS:
        raise ValueError(f"{name}: {value} has more than {_MOST_DIGITS} digits")
    line = f"{name}={value}" if equals else name
    _refuse_said_otherwise(name, line)
    return line


def is_plain(line: str) -> bool:
    """Whether a line is an option that nothing else of a network says."""
    try:
        check_line(line)
    except ValueError:
        return False
    return True


def _check_characters(text: str) -> None:
    if not text.isprintable():
        raise ValueError(f"{text!r}: one option, without line breaks and control characters")
    if len(text.encode()) > LONGEST_LINE:
        raise ValueError(f"an option of more than {LONGEST_LINE} bytes fits no line of dnsmasq's")
    quoted = escaped = False
    for index, character in enumerate(text):
        if escaped:
            escaped = False
        elif quoted:
            escaped = character == "\\" and text[index + 1 : index + 2] in tuple(_ESCAPED)
            quoted = character != '"'
        elif character == '"':
            quoted = True
        elif character == "#" and (index == 0 or text[index - 1].isspace()):
            raise ValueError(f"{text!r}: dnsmasq takes what follows '#' for a comment")
    if quoted:
        raise ValueError(f"{text!r}: dnsmasq misses the other '\"'")


def _refuse_said_otherwise(name: str, line: str) -> None:
    if name == DHCP_OPTION:
        raise NamesOptionsError(lambda say: f"{name} is what {say('dhcp_option')} says")
    if name == CNAME:
        raise ValueError(f"{name} is a record: add-dns-record --cname; in a spec, in records")
    wildcards = read_wildcards(line)
    if wildcards is not None:
        raise ValueError(
            f"{line} is a record: add-dns-record --wildcard '{wildcards.names[0]}' --address "
            f"{wildcards.address}; in a spec, in records"
        )
