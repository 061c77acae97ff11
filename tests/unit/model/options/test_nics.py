"""Options become a patch; whatever is wrong with them is said at once."""

from __future__ import annotations

import pytest

from vnetmgr.errors import UsageError
from vnetmgr.model.nic import Mode, Nic, Source, differences, whole
from vnetmgr.model.options.extra import EXTRA_KEYS, UNSETTABLE
from vnetmgr.model.options.nic_patch import build_patch, parse_pairs
from vnetmgr.model.options.nics import NIC_OPTIONS, SOURCE_OPTIONS
from vnetmgr.model.values import Bandwidth, Burst, Rate


@pytest.mark.parametrize(
    ("options", "source"),
    [
        ({"bridge": "br0"}, Source(Mode.BRIDGE, "br0")),
        ({"network": "lab"}, Source(Mode.NETWORK, "lab")),
        ({"nat": "yes"}, Source(Mode.NETWORK, "default")),
        ({"user": "yes"}, Source(Mode.USER)),
        ({"direct": "eth0"}, Source(Mode.DIRECT, "eth0")),
        ({"hostdev": "0000:03:10.1"}, Source(Mode.HOSTDEV, "0000:03:10.1")),
        ({"hostdev": "3:10.1"}, Source(Mode.HOSTDEV, "0000:03:10.1")),
        ({"hostdev": "ens1v1"}, Source(Mode.HOSTDEV, "ens1v1")),
    ],
)
def test_sources(options: dict[str, str], source: Source) -> None:
    assert build_patch(options, source_needed=True).source == source


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "a nic needs a source: one of --bridge"),
        ({"bridge": "br0", "nat": "yes"}, "one source, not --bridge and --nat"),
        ({"bridge": "a-name-of-17-byte"}, "1 to 15 bytes"),
        ({"bridge": "br/0"}, "no '/'"),
        ({"hostdev": "0000:03:20.1"}, "a bus has slots 00 to 1f"),
        ({"hostdev": "03:10"}, "not like 0000:03:10.1"),
        ({"hostdev": "a link"}, "device 'a link': no '/'"),
        ({"bridge": "br0", "name": "nic é"}, "A-Z a-z 0-9"),
        ({"bridge": "br0", "name": "vnetmgr-x"}, "reserved"),
        ({"bridge": "br0", "mac": "33:33:00:00:00:01"}, "multicast"),
        ({"bridge": "br0", "mtu": "67"}, "68 to 65535"),
        ({"bridge": "br0", "vlan": "4095"}, "1 to 4094"),
        ({"bridge": "br0", "vlan": ["5", "5"]}, "names a tag twice"),
        ({"bridge": "br0", "link": "sideways"}, "one of up, down"),
        ({"bridge": "br0", "inbound": "fast"}, "not a number with a unit"),
        ({"bridge": "br0", "virtualport": "ovs"}, "one of openvswitch"),
        ({"bridge": "br0", "pci_address": "5"}, "not like 0000:03:10.1"),
        ({"bridge": "br0", "filter_param": ["IP"]}, "not like IP=10.0.0.5"),
        ({"bridge": "br0", "inbound": "9mbit,peak=1mbit"}, "peak 1mbit is below the average"),
        ({"bridge": "br0", "inbound": "1mbit,limit=2mbit"}, "'limit=2mbit' of"),
        ({"bridge": "br0", "inbound": "1mbit,burst=9"}, "burst: burst '9' is not a size"),
        ({"bridge": "br0", "inbound": "peak=1mbit"}, "only a floor can do without an average"),
        ({"bridge": "br0", "outbound": "1mbit,floor=8kbit"}, "to single nics alone, and inbound"),
        ({"bridge": "br0", "mac": "none"}, "cannot be cleared"),
        ({"bridge": "br0", "isolated_port": "maybe"}, "not yes or no"),
        ({"bridge": "br0", "modle": "virtio"}, "modle is no option of a nic. Did you mean model?"),
    ],
)
def test_problems(options: dict[str, str], problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        build_patch(options, source_needed=True)
    assert problem in caught.value.message


def test_all_problems_at_once() -> None:
    options = {"mac": "x", "mtu": "1", "name": "a b"}
    with pytest.raises(UsageError, match="4 problems"):
        build_patch(options, source_needed=True)


@pytest.mark.parametrize(
    "field", ["vlan", "mtu", "queues", "inbound", "filter", "filter_param", "boot_order"]
)
def test_none_clears(field: str) -> None:
    assert dict(build_patch({field: "none"}, source_needed=False).items()) == {field: None}


def test_pairs_are_read_like_options() -> None:
    values = parse_pairs(
        "bridge=br0,model=e1000,vlan=5,vlan=6,inbound=1mbit,peak=2mbit,floor=8kbit,"
        "isolated-port=yes,outbound=8kbit,burst=8KiB"
    )
    patch = build_patch(values, source_needed=True)
    assert patch.vlan == (5, 6)
    assert patch.inbound == Bandwidth(Rate(125), peak=Rate(250), floor=Rate(1))
    assert patch.outbound == Bandwidth(Rate(1), burst=Burst(8))
    assert patch.isolated_port is True
    assert build_patch(parse_pairs("user"), source_needed=True).source == Source(Mode.USER)


@pytest.mark.parametrize("text", ["", "bridge=br0,", "bridge=br0,mtu=1400,mtu=1500"])
def test_bad_pairs(text: str) -> None:
    with pytest.raises(UsageError):
        parse_pairs(text)


class TestACommandsMaps:
    HAS = Nic(
        source=Source(Mode.USER),
        extra=(("rom.bar", "off"), ("ip.address", "10.0.9.0"), ("ip.prefix", "24")),
        filter_param=(("IP", "10.0.0.5"), ("IP", "10.0.0.6"), ("MAC", "x")),
    )

    @pytest.mark.parametrize(
        ("key", "texts", "after"),
        [
            (
                "extra",
                ["acpi.index=7"],
                {"rom.bar": "off", "ip.address": "10.0.9.0", "ip.prefix": "24", "acpi.index": "7"},
            ),
            ("extra", ["rom.bar=NONE"], {"ip.address": "10.0.9.0", "ip.prefix": "24"}),
            ("extra", ["rom.bar=on", "ip.address=none", "ip.prefix=none"], {"rom.bar": "on"}),
            (
                "extra",
                ["ip.address=fd00::", "ip.prefix=64", "ip.family=ipv6"],
                {
                    "rom.bar": "off",
                    "ip.address": "10.0.9.0",
                    "ip.prefix": "24",
                    "ip6.address": "fd00::",
                    "ip6.prefix": "64",
                },
            ),
            ("extra", ["none"], None),
            ("extra", ["target.dev=none"], {"rom.bar": "off", "ip.address": "10.0.9.0"}),
        ],
    )
    def test_are_put_together_key_by_key(
        self, key: str, texts: list[str], after: dict[str, str] | None
    ) -> None:
        patch = whole(build_patch({key: texts}, source_needed=False), self.HAS)
        found = getattr(patch, key)
        if after is None:
            assert found is None
        elif texts == ["target.dev=none"]:
            assert differences(self.HAS, patch) == ()
        else:
            assert dict(found) == after

    def test_of_a_filter_too(self) -> None:
        patch = whole(build_patch({"filter_param": ["IP=10.0.0.9"]}, source_needed=False), self.HAS)
        assert patch.filter_param == (("MAC", "x"), ("IP", "10.0.0.9"))

    def test_but_with_a_filter_its_parameters_are_all(self) -> None:
        values = {"filter": "clean-traffic", "filter_param": ["IP=10.0.0.9"]}
        patch = whole(build_patch(values, source_needed=False), self.HAS)
        assert patch.filter_param == (("IP", "10.0.0.9"),)

    @pytest.mark.parametrize("text", ["rom.baz=none", "=none", "rom.bar=", "rom.bar"])
    def test_what_is_no_key_is_refused(self, text: str) -> None:
        with pytest.raises(UsageError):
            build_patch({"extra": [text]}, source_needed=False)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("trustGuestRxFilter=yes", "Did you mean trustGuestRxFilters"),
        ("trustGuestRxFilters=on", "takes yes or no"),
        ("bandwidth.inbound.peak=9", "that is said by --inbound"),
        ("virtualport.parameters.interfaceid=x", "libvirt has it; vnetmgr keeps it"),
        ("rom.enabled=no", "libvirt has it; vnetmgr keeps it"),
        ("mtu.size=1400", "that is said by --mtu"),
        ("filterref.parameter.name=IP", "that is said by --filter-param"),
        ("nonsense=1", "that is no key of extra"),
    ],
)
def test_what_is_said_of_a_key_is_true(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        build_patch({"extra": [text]}, source_needed=False)


def test_what_libvirt_has_is_a_key_once() -> None:
    assert not EXTRA_KEYS.keys() & UNSETTABLE
    said = {option.said for option in (*NIC_OPTIONS.values(), *SOURCE_OPTIONS.values())}
    assert not EXTRA_KEYS.keys() & said
