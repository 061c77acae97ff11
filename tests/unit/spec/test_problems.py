"""Everything wrong with a spec is told at once, each where it stands."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.spec.texts import marked, network, nic, problems, write
from vnetmgr.errors import SpecError
from vnetmgr.problem import About
from vnetmgr.spec.files import load_spec
from vnetmgr.spec.networks import NETWORK_KEYS
from vnetmgr.spec.nics import NIC_KEYS
from vnetmgr.spec.nodes import Document

EMPTY = "has no value; write none to clear it"

YAML = [
    ("version: 1\n§---\nversion: 1", ["another document begins here, and a file holds one spec"]),
    ("§# nothing\n", ["the file is empty; a spec begins with version: 1"]),
    ("version: 1\nprune: [true\n§", ["this is no YAML: while parsing a flow sequence"]),
    ("version: 1\nnetworks:\n§\tlab: {}", ["this is no YAML: while scanning for the next token"]),
    ("version: 1\nprüne: §\a\n", ["this is no YAML: control characters are not allowed"]),
    ("version: 1\nprune: §*no\n", ["this is no YAML: found undefined alias"]),
    (
        "version: 1\nnetworks: §&a {lab: *a}\n",
        ["an alias (*) may not stand within what it names"],
    ),
    ("version: 1\nprune: §!!python/name:os.system x\n", ["prune: specs have no tags"]),
    ("version: 1\nprune: §!vault x\n", ["prune: specs have no tags, like !vault"]),
    ("version: 1\nnetworks: §!!set {}\n", ["networks: specs have no tags, like !!set"]),
    ("version: 1\n§!!binary prune: no\n", ["a key of the spec: specs have no tags, like !!binary"]),
    ("§- version: 1\n", ["the spec has to be a map (key: value), not a list"]),
    ("§version\n", ["the spec has to be a map (key: value), not a single value"]),
    ("version: 1\n§[a]: b\n", ["a key of the spec has to be a word"]),
    ("version: 1\n§~: b\n", ["a key of the spec has to be a word"]),
    ('version: 1\n§"a\\nb": c\n', ["a\\nb is no key of a spec"]),
]
TOP = [
    ("§networks: {}\n", ["version is missing: a spec has version: 1"]),
    ("version: §2\n", ["version 2 is not known; this is version 1"]),
    ("version:§\nprune: no\n", [f"version {EMPTY}"]),
    (
        "version: 1\n§version: 1\n",
        ["version stands twice in the spec; first at spec.yaml:1:1"],
    ),
    ("version: 1\n§domain: {}\n", ["domain is no key of a spec. Did you mean domains?"]),
    ("version: 1\nprune: §perhaps\n", ["prune: 'perhaps' is not yes or no"]),
    ("version: 1\nnetworks:§\n", ["networks has no value; write {} for none at all"]),
    ("version: 1\ndomains: §[vm1]\n", ["domains has to be a map (key: value), not a list"]),
    ("version: 1\ndomains:\n  §a/b: {}\n", ["domain 'a/b': a name is printable text without '/'"]),
    ("version: 1\nnetworks:\n  §a/b: {}\n", ["network 'a/b': a name is printable"]),
    (
        "version: 1\ndomains:\n  vm1: {§nic: {}, prune: §maybe, forwards: [§{}]}\n",
        [
            "nic is no key of a domain. Did you mean nics?",
            "prune: 'maybe' is not yes or no",
            "forward: it needs both host_port and guest_port",
        ],
    ),
    (
        "version: 1\ndomains:\n  vm1:\n    nics:\n      lan: {bridge: br0}\n"
        "      §lan: {bridge: br1}\n",
        ["lan stands twice in nics of domain vm1; first at spec.yaml:5:7"],
    ),
]
NICS = [
    ("{bridge: br0, §mca: 52:54:00:00:00:01}", ["mca is no key of a nic. Did you mean mac?"]),
    ("{bridge: br0, §direct-mode: vepa}", ["direct-mode is no key of a nic. Did you mean"]),
    ("{bridge: br0, §name: lan}", ["name is no key of a nic: what stands before it is its name"]),
    ("{bridge: br0, §bridge: br1}", ["bridge stands twice in nic lan; first at spec.yaml:5:13"]),
    ("{bridge: br0, mtu: §}", [f"mtu {EMPTY}"]),
    ("{bridge: br0, mtu: §~}", [f"mtu {EMPTY}"]),
    ("{bridge: br0, mtu: §[1]}", ["mtu has to be one value, not a list"]),
    ("{bridge: br0, mtu: §jumbo}", ["mtu: MTU 'jumbo' is not a whole number from 68 to 65535"]),
    ("{bridge: br0, mac: §none}", ["mac: cannot be cleared"]),
    ("{bridge: br0, mac: §1}", ["mac: MAC '1' is not six bytes like"]),
    ("{bridge: br0, link: §off}", ["link: link 'off' is not one of up, down"]),
    ("{bridge: br0, inbound: §1}", ["inbound: rate '1': the unit is one of"]),
    ("{bridge: br0, inbound: §[8kbit]}", ["inbound has to be one value, not a list"]),
    ("{bridge: br0, inbound: §{}}", ["average: only a floor can do without an average"]),
    ("{bridge: br0, inbound: {average: 8kbit, §peek: 8kbit}}", ["peek is no key of a bandwidth."]),
    (
        "{bridge: br0, inbound: {average: §1, peak: 8kbit, burst: §9}}",
        ["average: rate '1': the unit", "burst: burst '9' is not a size"],
    ),
    (
        "{bridge: br0, inbound: {average: §16kbit, peak: 8kbit}}",
        ["average: peak 8kbit is below the average, 16kbit"],
    ),
    ("{bridge: br0, outbound: {average: 8kbit, floor: §8kbit}}", ["floor: libvirt guarantees"]),
    ("{bridge: br0, vlan: [10, §x, §5000]}", ["vlan: VLAN 'x' is not", "vlan: VLAN '5000' is not"]),
    ("{bridge: br0, vlan: §[10, 10]}", ["vlan: VLAN '10,10' names a tag twice"]),
    ("{bridge: br0, vlan: [10, §~]}", [f"vlan {EMPTY}"]),
    ("{bridge: br0, match: §mac}", ["match: 'mac' is not source"]),
    (
        "{bridge: br0, filter: x, filter_param: {IP: 10.0.0.1, 1-2: §x}}",
        ["filter_param: filter parameter '1-2=x' is not like IP=10.0.0.5"],
    ),
    ("{bridge: br0, filter: x, filter_param: [IP=1, §IP]}", ["filter_param: filter parameter"]),
    ("{bridge: br0, extra: {driver.name: §x}}", ["extra: "]),
    ("{bridge: §a/b}", ["bridge: bridge 'a/b': no '/'"]),
    ("{bridge: §}", [f"bridge {EMPTY}"]),
    ("{user: §perhaps}", ["user: 'perhaps' is not yes or no"]),
    ("{user: §{model: e1000}}", ["user has no settings: write {}"]),
    (
        "{bridge: br0, network: §lab, user: §{}}",
        [
            "nic lan has one source, not bridge and network",
            "nic lan has one source, not bridge and user",
        ],
    ),
    ("{bridge: §a b, mtu: §x}", ["bridge: bridge 'a b'", "mtu: MTU 'x'"]),
    ("§br0", ["nic lan has to be a map (key: value), not a single value"]),
    ("§~", ["nic lan has no value; write {} for none at all"]),
    ("{bridge: br0, address: §10.0.0.5}", ["address: nic lan is on no network"]),
    ("{network: lab, address: §10.0.0.500}", ["address: '10.0.0.500' is no IP address"]),
    ("{network: lab, address: §none}", ["address: 'none' is no IP address"]),
]
NETWORKS = [
    ("{§subnetz: []}", ["subnetz is no key of a network. Did you mean subnet?"]),
    ("{§portgroup: x}", ["portgroup is no key of a network. Did you mean portgroups?"]),
    ("{§no_dhcp: yes}", ["no_dhcp is no key of a network"]),
    ("{mode: §natt}", ["mode: mode 'natt' is not one of"]),
    ("{mode: §none}", ["mode cannot be cleared"]),
    ("{mode: §bridge}", ["mode bridge needs bridge: the host's bridge"]),
    ("{mode: nat, pf: §eth0}", ["pf: a nat network has none"]),
    (
        "{mode: overlay, subnet: 'fd00:66::/64', dhcp_range: 'fd00:66::9-fd00:66::99',"
        " lease_time: §1h, dhcp_options: §['option:ntp-server,10.0.0.1'],"
        " dns_forwarders: [§9.9.9.9, '2620:fe::9']}",
        [
            "lease_time: OVN tells guests of it by IPv4's DHCP alone, and the overlay has",
            "dhcp_options: OVN tells guests of it by IPv4's DHCP alone",
            "dns_forwarders: 9.9.9.9: the overlay has no subnet of IPv4, and tells no guest",
        ],
    ),
    (
        "{mode: overlay, subnet: 10.66.0.0/24, external: physnet,"
        " external_addresses: [§10.66.0.9/16, §10.10.0.9/24],"
        " external_gateways: [§10.11.0.1], external_hosts: [a, b, §a]}",
        [
            "external_addresses: 10.66.0.9/16 is in a subnet that overlaps 10.66.0.0/24",
            "external_addresses: 10.66.0.9/16 and 10.10.0.9/24: one of an IP version",
            "external_gateways: 10.11.0.1 is not in the subnet of the router's address",
            "external_hosts: a is given twice",
        ],
    ),
    (
        "{mode: isolated, subnets: [10.1.0.0/24], nat_ipv6: §yes, forward_dev: §eth0}",
        ["nat_ipv6: an isolated network has none", "forward_dev: an isolated network has none"],
    ),
    (
        "{mode: bridge, bridge: br0, subnets: §[10.1.0.0/24], addresses: §{name:a: 10.1.0.5},"
        " records: §[{host: a, address: 10.1.0.5}]}",
        [
            "subnets: a bridge network has none",
            "addresses: a bridge network has none",
            "records: a bridge network has none",
        ],
    ),
    ("{subnet: §[10.1.0.0/24]}", ["subnet has to be one value, not a list"]),
    ("{subnet: 10.1.0.0/24, subnets: §[10.2.0.0/24]}", ["subnets: subnet says that already"]),
    ("{subnets: [10.1.0.0/24, §10.1.0.5/24]}", ["subnets: 10.1.0.5/24 is an address in"]),
    ("{gateways: §[]}", ["gateways cannot be cleared"]),
    ("{subnets: none, gateway: §10.2.0.1}", ["gateway: does not go with subnet none"]),
    ("{subnets: §[none, 10.1.0.0/24]}", ["subnets: none clears it, and goes with nothing else"]),
    ("{subnets: [10.1.0.0/24, §10.1.0.0/24]}", ["subnet 10.1.0.0/24 is given twice"]),
    ("{subnets: [10.1.0.0/24, §10.1.0.0/25]}", ["subnet 10.1.0.0/25 overlaps 10.1.0.0/24"]),
    ("{subnet: 10.1.0.0/24, gateway: §10.2.0.1}", ["gateway 10.2.0.1 is in none of the subnets"]),
    (
        "{subnet: 10.1.0.0/24, gateways: [10.1.0.1, §10.1.0.2]}",
        ["gateways 10.1.0.1 and 10.1.0.2 are both in 10.1.0.0/24"],
    ),
    (
        "{subnet: 10.1.0.0/24, dhcp_ranges: [10.1.0.2-10.1.0.9, §10.1.0.9-10.1.0.12,"
        " §10.1.0.0-10.1.0.0]}",
        ["DHCP ranges 10.1.0.2-10.1.0.9 and", "DHCP range 10.1.0.0-10.1.0.0: 10.1.0.0 is"],
    ),
    (
        "{subnet: 10.1.0.0/24, dhcp_range: §10.1.0.1-10.1.0.9}",
        ["DHCP range 10.1.0.1-10.1.0.9 cont"],
    ),
    ("{subnet: 10.1.0.0/24, dhcp: §off}", ["dhcp is none, or left out"]),
    ("{dhcp_range: 10.1.0.2-10.1.0.9, dhcp: §none}", ["dhcp: none does not go with dhcp_range"]),
    ("{dhcp_ranges: §[none, 10.1.0.2-10.1.0.9]}", ["dhcp_ranges: none clears it, and goes"]),
    ("{dhcp: none, lease_time: §1h}", ["lease_time: does not go without DHCP"]),
    ("{subnet: 'fd00::/64', mtu: §1000}", ["mtu: 1000 is too small for IPv6 (fd00::/64)"]),
    ("{autostart: §perhaps}", ["autostart: 'perhaps' is not yes or no"]),
    ("{dns_domain: §a b}", ["dns_domain: domain 'a b': a DNS name"]),
    ("{dhcp_options: ['42,10.0.0.1', §what]}", ["dhcp_options: 'what' is not like option:"]),
    ("{extra: {ipv6: §no, uuid: §x}}", ["extra: ipv6 takes yes", "extra: 'uuid': that cannot"]),
    ("{extra: [ipv6=yes, §ipv6]}", ["extra: ipv6 takes a value"]),
    ("{extra: {mtu.size: §9000}}", ["extra: 'mtu.size': that is said by mtu"]),
    ("{mode: bridge, bridge: br0, extra: {ipv6: §yes}}", ["extra: ipv6: a bridge network has"]),
    ("{extra: §[none, ipv6=yes]}", ["extra: none clears it, and goes with nothing else"]),
    (
        "{bootp: {file: §a b, server: §x, §size: 3}}",
        ["file: boot file 'a b'", "server: 'x' is no IP", "size is no key of a boot file"],
    ),
    ("{bootp: §{server: 10.1.0.9}}", ["a boot file: file is missing"]),
    ("{bootp: §[a]}", ["bootp has to be one value"]),
    ("{bootp: §'a,b'}", ["bootp: 'b' of 'a,b' is none of file=, server="]),
    ("{tftp_root: §srv}", ["tftp_root: directory 'srv' does not begin with '/'"]),
    (
        "{mode: isolated, subnets: none, bootp: §f, tftp_root: §/srv, routes: §['10.9.0.0/16,"
        "via=10.1.0.2']}",
        ["bootp: does not go with subnet", "tftp_root: does not go", "routes: does not go"],
    ),
    (
        "{routes: [{subnet: §10.9.0.1/16, via: 10.1.0.2}, §{subnet: 10.9.0.0/16},"
        " {subnet: §10.9.0.0/16, via: fd00::2}, {subnet: fd09::/48, via: fd00::2, metric: §0}]}",
        [
            "subnet: 10.9.0.1/16 is an address in 10.9.0.0/16",
            "a route: via is missing",
            "subnet: 10.9.0.0/16 is IPv4, and via",
            "metric: metric '0'",
        ],
    ),
    (
        "{subnet: 10.1.0.0/24, routes: [§{subnet: 10.1.0.0/24, via: 10.1.0.2},"
        " §'10.9.0.0/16,via=10.2.0.2', '10.8.0.0/16,via=10.1.0.2', §'10.8.0.0/16,via=10.1.0.3']}",
        [
            "routes: route 10.1.0.0/24,via=10.1.0.2: that is one of the network's own",
            "routes: route 10.9.0.0/16,via=10.2.0.2: 10.2.0.2 is in none of the subnets",
            "routes: route 10.8.0.0/16,via=10.1.0.3 and 10.8.0.0/16,via=10.1.0.2 are one to the",
        ],
    ),
    (
        "{nat_address: §fd00::1-fd00::9, nat_port: §9}",
        ["nat_address: fd00::1-fd00::9: libvirt takes IPv4", "nat_port: '9' is not like"],
    ),
    ("{mode: routed, nat_port: §5-9}", ["nat_port: a routed network has none"]),
    ("{portgroups: §[a]}", ["portgroups has to be a map (key: value), not a list"]),
    ("{portgroups: §some}", ["portgroups has to be a map of their names, or none"]),
    ("{portgroups: {a: {§vlans: 1}}}", ["vlans is no key of a portgroup. Did you mean vlan?"]),
    ("{portgroups: {a: {vlan: §[x], inbound: §1}}}", ["vlan: VLAN 'x'", "inbound: rate '1'"]),
    ("{portgroups: {a: {inbound: {average: 8kbit, peak: §x}}}}", ["peak: rate 'x' is not"]),
    ("{portgroups: {a: {outbound: {average: 8kbit, §b: 1}}}}", ["b is no key of a bandwidth"]),
    ("{inbound: {average: 8kbit, burst: §x}}", ["burst: burst 'x' is not a size"]),
    ("{mode: macvtap, forward_dev: eth0, inbound: §8kbit}", ["inbound: a macvtap network has"]),
    (
        "{mode: macvtap, forward_dev: eth0, portgroups: {§a: {inbound: 8kbit}}}",
        ["portgroups: a has a rate, and a macvtap network has none"],
    ),
    ("{portgroups: {§a/b: {}}}", ["portgroup 'a/b': a name is"]),
    (
        "{portgroups: {a: {default: yes}, §b: {default: yes}}}",
        ["portgroups: a network has one default, not a and b"],
    ),
    ("{mode: nat, portgroups: {b: {}, §a: {vlan: 5}}}", ["portgroups: a has a VLAN, and a nat"]),
    ("{addresses: {§x: 10.1.0.5}}", ["MAC 'x' is not six bytes"]),
    ("{addresses: {52:54:00:00:00:01: §fd00::5}}", ["52:54:00:00:00:01: an IPv6 client is known"]),
    ("{addresses: {§00:03:00:01:52:54:00:0a: 10.1.0.5}}", ["00:03:00:01:52:54:00:0a: an IPv4"]),
    ("{addresses: {52:54:00:00:00:01: §x}}", ["52:54:00:00:00:01: 'x' is no IP address"]),
    ("{addresses: {§52:54:00:00:00:01: {hostname: a}}}", ["52:54:00:00:00:01: address is missing"]),
    (
        "{addresses: {52:54:00:00:00:01: {address: 10.1.0.5, hostname: §a b, §name: c}}}",
        ["hostname 'a b': a DNS name", "name is no key of an address."],
    ),
    ("{addresses: {§name:a: {address: 10.1.0.5, hostname: b}}}", ["name:a has a hostname already"]),
    (
        "{subnet: 10.1.0.0/24, addresses: {name:a: §10.2.0.5, name:b: §10.1.0.1,"
        " name:c: §10.1.0.0}}",
        [
            "the reserved address 10.2.0.5 (a) is in none of the subnets",
            "the reserved address 10.1.0.1 (b) is the gateway's",
            "the reserved address 10.1.0.0 (c) is the network address",
        ],
    ),
    (
        "{addresses: {name:a: 10.1.0.5, name:b: §10.1.0.5}}",
        ["10.1.0.5 is reserved twice: for a and for b"],
    ),
    (
        "{addresses: {'52:54:00:00:00:0a': 10.1.0.5, '52:54:00:00:00:0A': §10.1.0.6}}",
        ["52:54:00:00:00:0a has two reservations: 10.1.0.5 and 10.1.0.6"],
    ),
    ("{records: §{host: a}}", ["records has to be a list of maps, not a map"]),
    ("{records: §nas}", ["records has to be a list of maps, or none"]),
    ("{records: [§nas]}", ["a record has to be a map (key: value), not a single value"]),
    ("{records: [{host: nas, address: §x}]}", ["address: 'x' is no IP address"]),
    ("{records: [{§hots: nas}]}", ["hots is no key of a record. Did you mean host?"]),
    ("{records: [{host: §nas}]}", ["host: needs address"]),
    ("{records: [{srv: ldap, port: §389}]}", ["port: needs target"]),
    ("{records: [{srv: ldap, value: §x}]}", ["value: goes with txt"]),
    ("{records: [§{host: nas, txt: x, value: y, address: 10.0.0.1}]}", ["a record is one of host"]),
    (
        "{records: [{host: a, address: 10.0.0.1}, §{host: a, address: 10.0.0.1}]}",
        ["host a 10.0.0.1 stands twice; first at spec.yaml:3:19"],
    ),
]
ACROSS = [
    (
        """\
        version: 1
        domains:
          vm1:
            nics:
              a: {bridge: br0, mac: 52:54:00:00:00:0a}
              b: {bridge: br0, mac: §52:54:00:00:00:0A}
          vm2: {nics: {c: {bridge: br0, mac: §52-54-00-00-00-0a}}}
        """,
        [
            "MAC 52:54:00:00:00:0a of vm1/b is that of vm1/a (spec.yaml:5:29)",
            "MAC 52:54:00:00:00:0a of vm2/c is that of vm1/a (spec.yaml:5:29)",
        ],
    ),
    (
        """\
        version: 1
        networks:
          lab: {subnet: 10.1.0.0/24, addresses: {name:nas: 10.1.0.9}}
          out: {mode: bridge, bridge: br0}
        domains:
          vm1:
            nics:
              a: {network: lab, address: §10.2.0.5}
              b: {network: lab, address: §10.1.0.1}
              c: {network: lab, address: §10.1.0.9}
              d: {network: lab, address: 10.1.0.10}
              e: {network: lab, address: §10.1.0.10}
              f: {network: out, address: §10.1.0.5}
              g: {network: other, address: 10.1.0.5}
              h: {network: other, address: §10.1.0.5}
        """,
        [
            "the reserved address 10.2.0.5 (vm1/a) is in none of the subnets",
            "the reserved address 10.1.0.1 (vm1/b) is the gateway's",
            "10.1.0.9 is reserved twice: for nas and for vm1/c; the first is at spec.yaml:3:52",
            "10.1.0.10 is reserved twice: for vm1/d and for vm1/e; the first is at spec.yaml:11:34",
            "address: network out is of mode bridge, which has no DHCP",
            "10.1.0.5 is reserved twice: for vm1/g and for vm1/h; the first is at spec.yaml:14:36",
        ],
    ),
    (
        """\
        version: 1
        networks:
          lab: {subnet: 10.1.0.0/24, addresses: {52:54:00:00:00:0a: 10.1.0.9}}
        domains:
          vm1: {nics: {a: {network: lab, mac: 52:54:00:00:00:0a, address: §10.1.0.5}}}
        """,
        ["vm1/a has two reservations: 10.1.0.9, which network lab lists for 52:54:00:00:00:0a,"],
    ),
    (
        """\
        version: 1
        networks:
          a: {mode: nat, bridge: virbr7, subnets: [10.1.0.0/24, fd00:1::/64]}
          b: {mode: isolated, bridge: §virbr7, subnets: [§10.1.0.0/16, §'fd00:1::/64']}
          c: {mode: open, subnet: §10.1.5.0/24}
          d: {mode: bridge, bridge: br0}
          e: {mode: bridge, bridge: br0}
        """,
        [
            "bridge virbr7 of network b is that of network a (spec.yaml:3:26)",
            "subnet 10.1.0.0/16 of network b overlaps 10.1.0.0/24 of network a (spec.yaml:3:44)",
            "subnet fd00:1::/64 of network b overlaps fd00:1::/64 of network a (spec.yaml:3:57)",
            "subnet 10.1.5.0/24 of network c overlaps 10.1.0.0/16 of network b (spec.yaml:4:49)",
        ],
    ),
    (
        """\
        version: 1
        networks:
          lab: {portgroups: {guests: {}}}
          bare: {portgroups: none}
          open: {}
        domains:
          vm1:
            nics:
              a: {network: lab, portgroup: guests}
              b: {network: lab, portgroup: §gests}
              c: {network: bare, portgroup: §guests}
              d: {network: open, portgroup: guests}
              e: {network: other, portgroup: guests}
        """,
        ["network lab has no portgroup gests", "network bare has no portgroup guests"],
    ),
    (
        """\
        version: 1
        networks: {default: {mode: routed}}
        domains: {vm1: {nics: {a: {nat: §true}, b: {network: default}}}}
        """,
        ["nat: network default is routed in this spec"],
    ),
]
CASES = [
    *YAML,
    *TOP,
    *((nic(options), said) for options, said in NICS),
    *((network(options), said) for options, said in NETWORKS),
    *((dedent(text), said) for text, said in ACROSS),
]


@pytest.mark.parametrize(("text", "said"), CASES, ids=[text for text, _ in CASES])
def test_problems_are_told_where_they_stand(text: str, said: list[str], tmp_path: Path) -> None:
    clean, places = marked(text)
    found = problems(write(tmp_path, spec=clean), below=tmp_path)
    expected = [f"spec.yaml:{at}: {text}" for at, text in zip(places, said, strict=True)]
    assert [line[: len(each)] for line, each in zip(found, expected, strict=False)] == expected
    assert len(found) == len(expected), found


@pytest.mark.parametrize("text", [text for text, _ in CASES])
def test_each_names_its_field_as_specs_do(text: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        load_spec(write(tmp_path, spec=marked(text)[0]))
    keys = {"network": NETWORK_KEYS, "nic": NIC_KEYS | {"source"}}
    for about in (about for problem in caught.value.problems for about in problem.abouts):
        assert about.field in (None, *keys.get(about.kind, ()))


def test_a_key_of_one_and_one_of_several_are_one_field(tmp_path: Path) -> None:
    for options in ("{subnet: x}", "{subnets: [x]}", "{subnets: [10.0.0.0/24, 10.0.0.0/24]}"):
        with pytest.raises(SpecError) as caught:
            load_spec(write(tmp_path, spec=network(options)))
        assert [each.about for each in caught.value.problems] == [
            About("network", "lab", field="subnets")
        ]


def test_a_nic_without_a_source(tmp_path: Path) -> None:
    text = "version: 1\ndomains:\n  vm1:\n    nics:\n      lan: {mtu: 1500, nat: no}\n"
    (said,) = problems(write(tmp_path, spec=text), below=tmp_path)
    assert said.startswith("spec.yaml:5:7: nic lan needs a source: one of bridge, network, nat")


def test_a_name_that_no_nic_can_have(tmp_path: Path) -> None:
    for name in ("a.b", "vnetmgr-lan", '""'):
        (said,) = problems(write(tmp_path, spec=nic("{bridge: br0}", name=name)), below=tmp_path)
        assert said.startswith("spec.yaml:5:7: name ")


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    said: list[object] = []
    document = Document("f", said)  # type: ignore[arg-type]  # only to see that it is not empty
    assert (document.root(text) is None) == bool(said)


@given(
    st.recursive(
        st.text(max_size=4) | st.none(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "nics",
                        "bridge",
                        "lab",
                        "mode",
                        "subnets",
                        "records",
                        "addresses",
                        "portgroups",
                        "vlan",
                        "user",
                        "filter_param",
                        "dhcp",
                    ]
                ),
                inner,
                max_size=3,
            )
        ),
    )
)
def test_no_structure_is_too_strange(value: object) -> None:
    import json
    from tempfile import TemporaryDirectory

    spec = {
        "version": 1,
        "networks": {"lab": value},
        "domains": {
            "vm1": value,
            "vm2": {"nics": {"lan": value, "mgmt": {"network": "lab", "address": value}}},
        },
    }
    with TemporaryDirectory() as directory:
        path = Path(directory) / "spec.yaml"
        path.write_text(json.dumps(spec, ensure_ascii=True))
        for line in problems([str(path)], below=Path(directory)):
            assert line.startswith("spec.yaml:1:")


def test_python_alone_reads_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    text, (place,) = marked(nic("{bridge: br0, mtu: §x}"))
    (path,) = write(tmp_path, spec=text)
    monkeypatch.setattr("vnetmgr.spec.nodes._LOADER", yaml.SafeLoader)
    assert problems([path], below=tmp_path)[0].startswith(f"spec.yaml:{place}: mtu: ")
    (path,) = write(tmp_path, spec="a: é\nb: é\a\n")
    assert problems([path], below=tmp_path)[0].startswith("spec.yaml:2:5: this is no YAML")
    (path,) = write(tmp_path, spec="version: 1\nprune: " + "[" * 5000)
    assert len(problems([path], below=tmp_path)) == 1


def test_a_good_spec_has_none(tmp_path: Path) -> None:
    assert load_spec(write(tmp_path, spec="version: 1\n")).networks == ()
