"""A domain's passwords: kept by everything that is written, and told by nothing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import libvirt
import pytest

from tests.system.conftest import ok
from tests.system.host.test_hostile import escaped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.lab import Lab

VNC, SPICE = "s3<&'ct", "tell-no1"
GRAPHICS = (
    f"<graphics type='vnc' port='-1' passwd='{escaped(VNC)}' passwdValidTo='2038-01-01T00:00:00'/>"
)
# Each defines the whole document: no device call can do it.
WHOLE = (
    ("attach-nic", "--bridge", "br0", "--name", "lan", "--config"),
    ("update-nic", "lan", "--name", "wan"),
    ("update-nic", "wan", "--mac", "52:54:00:00:00:79"),
    ("update-nic", "wan", "--vectors", "5", "--config", "--allow", "taint"),
    ("add-slots", "2"),
    ("detach-nic", "wan"),
)
FORMS = ((), ("--dry-run",), ("--verbose",), ("--verbose", "--output", "json"))


def password(lab: Lab, name: str) -> bool:
    """Whether the domain has its password, and until when it holds."""
    document = lab.conn.lookupByName(name).XMLDesc(
        libvirt.VIR_DOMAIN_XML_SECURE | libvirt.VIR_DOMAIN_XML_INACTIVE
    )
    return f"passwd='{escaped(VNC)}'" in document and "passwdValidTo='2038" in document


def is_told(text: str) -> bool:
    """Whether it has a password in it, however it is written."""
    return any(part in text for part in (VNC, escaped(VNC), "s3", SPICE))


@pytest.mark.parametrize("form", FORMS, ids=" ".join)
def test_commands_keep_it_and_do_not_tell_it(
    lab: Lab, off: Callable[..., str], form: tuple[str, ...]
) -> None:
    name = off("kept", GRAPHICS)
    for command, *words in WHOLE:
        if "--dry-run" in form and command != "add-slots":
            continue  # each builds on the one before
        result = lab.vnetmgr(command, name, *words, *form)
        ok(result)
        assert not is_told(result.stdout + result.stderr), command
        assert password(lab, name), command
        if "--verbose" in form and command == "add-slots":
            assert "<graphics type=" in result.stderr  # the whole document is shown


def test_a_new_domain_has_its_templates_and_it_is_not_told(lab: Lab, tmp_path: Path) -> None:
    template = tmp_path / "mine.xml"
    template.write_text(
        "<domain type='qemu'><name>x</name><memory unit='MiB'>64</memory>"
        "<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>"
        f"<graphics type='vnc' port='-1' passwd='{SPICE}'/></devices></domain>"
    )
    try:
        result = lab.vnetmgr("create-domain", "new", "--template", template, "--verbose")
        ok(result)
        assert "<graphics type=" in result.stderr
        assert not is_told(result.stdout + result.stderr)
        document = lab.conn.lookupByName("new").XMLDesc(libvirt.VIR_DOMAIN_XML_SECURE)
        assert SPICE in document
    finally:
        lab.conn.lookupByName("new").undefine()


PROGRAM = """
import sys, vnetmgr
calls, name = [], sys.argv[1]
with vnetmgr.Host.connect(trace=calls.append) as host:
    host.attach_nic(name, bridge="br0", name="lan")
    plan = host.dry_run.update_nic(name, "lan", name="wan")
    values = [plan, host.apply(plan)]
    values += [host.nics(name), host.networks(), host.forwards(name), host.leases()]
    values += [host.qemu_arguments(name), host.export(name), host.dry_run.add_slots(name, 2)]
    try:
        host.apply(plan)
    except vnetmgr.VnetError as error:
        values += [error, error.problems, error.__cause__]
    print(calls, values)
"""


def test_no_value_of_a_program_has_it(lab: Lab, off: Callable[..., str]) -> None:
    name = off("kept", GRAPHICS)
    printed = ok(lab.run([sys.executable, "-c", PROGRAM, name]))
    assert "defineXMLFlags" in printed
    assert "DefineDomain(" in printed
    assert "<graphics type=" in printed
    assert not is_told(printed)
    assert password(lab, name)
