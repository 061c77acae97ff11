"""The schema names what is wrong; templates and what libvirt wrote have nothing wrong."""

from __future__ import annotations

import pytest

from tests.unit.libvirt_xml.samples import CONFIG, LIVE, TEMPLATES, template
from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml import schema
from vnetmgr.libvirt_xml.domain_read import read_domain
from vnetmgr.libvirt_xml.domain_write import fill_domain
from vnetmgr.libvirt_xml.networks.write import new_network
from vnetmgr.libvirt_xml.nics.write import new_nic
from vnetmgr.libvirt_xml.schema import domain_problems, network_problems, nic_problems
from vnetmgr.model.desired import DomainFields
from vnetmgr.model.network_want import NetworkPatch
from vnetmgr.model.nic import Mode, NicPatch, Source

installed = pytest.mark.skipif(
    schema.schema_directory() is None, reason="libvirt's schemas are not installed"
)


@installed
@pytest.mark.parametrize(
    ("xml", "problems"),
    [
        ("<interface type='bridge'><source bridge='b'/></interface>", []),
        (
            """<interface type='bridge'>
              <source bridge='b'/>
              <mtu size='99999'/>
              <model type='vir tio'/>
            </interface>""",
            [
                'line 3: <mtu size="99999">: size="99999" is not accepted',
                'line 4: <model type="vir tio">: type="vir tio" is not accepted',
            ],
        ),
        (
            "<interface type='bridge'>\n<source bridge='b'/>\n<foo/></interface>",
            ["line 3: <foo>: libvirt knows no such element"],
        ),
        (
            "<interface type='user'><model type='virtio' colour='red'/></interface>",
            ['line 1: <model type="virtio" colour="red">: colour="red" is not accepted'],
        ),
        (
            """<interface type='user'><bandwidth>
              <inbound average='0' peak='1'/></bandwidth></interface>""",
            ['line 2: <inbound average="0" peak="1">: average="0" is not accepted'],
        ),
        ("<interface type='user'><vlan/></interface>", ["line 1: <vlan>: a <tag> is missing"]),
        (
            "<interface type='user'><mtu size='1'/><mtu size='2'/></interface>",
            ["<mtu> is there 2 times"],
        ),
        (
            "<interface type='network'/>",
            ['line 1: <interface type="network">: a <source> is missing'],
        ),
        (
            "<interface type='direct'><source/></interface>",
            ['line 1: <interface type="direct">: an attribute of <source> is missing or wrong'],
        ),
        (
            "<interface type='z'/>",
            ['line 1: <interface type="z">: type="z" is not accepted'],
        ),
    ],
)
def test_nic_problems(xml: str, problems: list[str]) -> None:
    assert nic_problems(xml) == problems


@installed
def test_domain_problems() -> None:
    wrong = template("domain/pc.xml").replace("<vcpu>1", "<vcpu>many").replace("<rng ", "<rnd ")
    wrong = wrong.replace("</rng>", "</rnd>")
    assert domain_problems(wrong) == [
        "line 7: <vcpu>: 'many' is not accepted",
        'line 26: <rnd model="virtio">: libvirt knows no such element',
    ]


@installed
def test_no_password_is_told() -> None:
    more = "<graphics type='vnc' passwd='shh' port='x'/><graphics type='vmc' passwd='shh'/>"
    problems = domain_problems(template("domain/pc.xml").replace("</devices>", f"{more}</devices>"))
    assert any('passwd="*****"' in each and 'port="x"' in each for each in problems)
    assert not any("shh" in each for each in problems)


@installed
def test_network_problems() -> None:
    wrong = template("network/nat.xml").replace("mode='nat'", "mode='gnat'")
    assert network_problems(wrong) == ['line 5: <forward mode="gnat">: mode="gnat" is not accepted']


def test_another_element_is_refused() -> None:
    with pytest.raises(VnetError, match="not a <interface>"):
        nic_problems("<domain/>")


def test_without_schemas_nothing_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "SCHEMA_DIRECTORIES", ("/nowhere",))
    assert nic_problems("<interface type='zzz'/>") == []


@installed
@pytest.mark.parametrize("document", [CONFIG, LIVE])
def test_what_libvirt_wrote(document: str) -> None:
    assert domain_problems(document) == []
    assert [nic_problems(xml) for _, xml in read_domain(document).nics] == [[]] * 7


@installed
@pytest.mark.parametrize("mode", [Mode.BRIDGE, Mode.NETWORK, Mode.USER, Mode.DIRECT])
def test_nic_templates(mode: Mode) -> None:
    source = Source(mode, None if mode is Mode.USER else "x0")
    nic = new_nic(template(f"nic/{mode}.xml"), NicPatch(source=source))
    assert nic_problems(nic) == []


@installed
def test_other_templates() -> None:
    for path in (TEMPLATES / "domain").iterdir():
        text = path.read_text(encoding="utf-8")
        assert domain_problems(text) == []
        nic = new_nic(template("nic/user.xml"), NicPatch())
        fields = DomainFields(name="x", disk="/x.img", memory_bytes=2**30, kernel="/k", vcpus=2)
        assert domain_problems(fill_domain(text, fields, [nic])) == []
    for path in (TEMPLATES / "network").iterdir():
        text = path.read_text(encoding="utf-8")
        assert network_problems(text) == []
        assert network_problems(new_network(text, name="x", patch=NetworkPatch())) == []
