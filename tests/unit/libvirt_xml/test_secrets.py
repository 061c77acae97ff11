"""A domain's secrets come back into a document that is written, and into nothing else."""

from __future__ import annotations

import pytest

from vnetmgr.errors import RefusedError
from vnetmgr.libvirt_xml.secrets import with_secrets, without_passwords

NIC = "<interface type='user'><model type='virtio'/></interface>"
DOMAIN = """<domain type='kvm'>
  <name>web1</name>{more}
  <devices>{nic}
    <graphics type='vnc' port='-1'{vnc}/>
    <graphics type='spice'{spice}><listen type='address'/></graphics>
  </devices>
</domain>"""


def domain(nic: str = "", vnc: str = "", spice: str = "", more: str = "") -> str:
    """A document."""
    return DOMAIN.format(nic=nic, vnc=vnc, spice=spice, more=more)


@pytest.mark.parametrize(
    "secrets",
    [
        {"vnc": " passwd='one'"},
        {"spice": " passwd='a&amp;b &lt; &quot;'"},
        {"vnc": " passwd='one' passwdValidTo='2030-01-01T00:00:00'", "spice": " passwd='two'"},
    ],
)
def test_they_come_back_where_they_were(secrets: dict[str, str]) -> None:
    made = with_secrets(domain(NIC), plain=domain(), secure=domain(**secrets))
    after = domain(NIC, **secrets)
    # Nothing but the quotes of elements.
    assert made.replace('"', "'") == after.replace('"', "'").replace("&quot;", "&quot;")
    # And once more, by an undo.
    assert "passwd" in with_secrets(domain(), plain=domain(NIC), secure=made)


def test_one_that_libvirt_masks() -> None:
    masked, secure = domain(vnc=" passwd='*****'"), domain(vnc=" passwd='one'")
    edited = domain(NIC, vnc=" passwd='*****'")
    assert 'passwd="one"' in with_secrets(edited, plain=masked, secure=secure)


def test_a_secret_of_a_kind_that_nobody_has_thought_of() -> None:
    plain = domain(more="<keys><key n='1'/><key n='2'></key></keys>")
    secure = domain(more="<keys><key n='1'/><key n='2'>shh</key></keys>")
    edited = domain(NIC, more="<title>x</title><keys><key n='1'/><key n='2'></key></keys>")
    assert '<key n="2">shh</key>' in with_secrets(edited, plain=plain, secure=secure)


def test_a_disks_cookies_are_hidden_as_a_whole() -> None:
    disk = "<disk><source protocol='https'>{0}<host name='h'/>{1}</source></disk>"
    cookies = "<cookies><cookie name='k'>shh</cookie></cookies>"
    plain, edited = domain(more=disk.format("", "")), domain(NIC, more=disk.format("", ""))
    for secure in (disk.format(cookies, ""), disk.format("", cookies)):
        made = with_secrets(edited, plain=plain, secure=domain(more=secure))
        assert made.count('<cookie name="k">shh</cookie>') == 1
        assert with_secrets(made, plain=domain(more=secure), secure=domain(more=secure)) == made
        with pytest.raises(RefusedError, match="would be lost"):
            with_secrets(domain(NIC), plain=plain, secure=domain(more=secure))


@pytest.mark.parametrize(
    ("edited", "secure"),
    [
        (domain().replace("port='-1'", "port='5901'"), domain(vnc=" passwd='one'")),
        (domain().replace("<graphics type='vnc' port='-1'/>", ""), domain(vnc=" passwd='one'")),
        ("<domain/>", domain(vnc=" passwd='one'")),
        (domain(), domain(more="<secret>one</secret>")),
    ],
)
def test_one_that_would_be_lost_is_refused_and_not_told(edited: str, secure: str) -> None:
    with pytest.raises(RefusedError, match="would be lost") as caught:
        with_secrets(edited, plain=domain(), secure=secure)
    assert "one" not in caught.value.message


def test_what_may_be_seen_of_a_template() -> None:
    shown = without_passwords(domain(vnc=" passwd='one'", spice=" passwd='two'"))
    assert shown.replace('"', "'") == domain()
    assert without_passwords(domain()) == domain()


@pytest.mark.parametrize(
    "hidden",
    [
        "<!-- <graphics passwd='shh'/> -->",
        "<metadata><a:b xmlns:a='urn:a'><graphics passwd='shh'/></a:b></metadata>",
        "<source protocol='https'><cookies><cookie name='k'>shh</cookie></cookies></source>",
    ],
)
def test_where_else_a_template_may_have_one(hidden: str) -> None:
    shown = without_passwords(f"<!-- passwd: shh -->{domain(more=hidden)}<!-- passwd=shh -->")
    assert "shh" not in shown
    assert "<title>" in without_passwords(domain(more=f"<!-- of mine --><title>x</title>{hidden}"))
    assert "<!-- of mine -->" in without_passwords(domain(more=f"<!-- of mine -->{hidden}"))
