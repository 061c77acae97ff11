"""import-qemu as users meet it: what it prints, where notes and problems go, what --attach does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from tests.documents import read_document
from tests.driver.test_cli import NIC_KEYS, URI, run
from vnetmgr.model.nic import SomePairs
from vnetmgr.model.options.nic_patch import build_patch

if TYPE_CHECKING:
    from pathlib import Path

MAC = "52:54:00:12:34:22"
QEMU = "qemu-system-x86_64"
# The line that the books have.
BOOK = (QEMU, "-m", "1024", "disk.img", "-net", f"nic,vlan=0,macaddr={MAC},model=e1000,addr=08")
BOOK_LINE = (*BOOK, "-net", "user")
LIVE_ONLY = {
    "target",
    "addresses",
    "in_config",
    "in_live",
    "pending",
    "pending_values",
    "orphan",
    "state",
}
# In a script on line 3 and 6, two guests.
TWO = f"""\
#!/bin/sh
MAC={MAC}
{QEMU} -name web1 \\
  -netdev bridge,id=lan,br=br0 \\
  -device virtio-net-pci,netdev=lan,mac=$MAC
kvm -nic user,model=e1000 -name 'db "1"'
"""


def script(tmp_path: Path, text: str) -> str:
    """A script in a file."""
    file = tmp_path / "start.sh"
    file.write_text(text)
    return str(file)


def elements(printed: str) -> list[etree._Element]:
    """The elements that were printed; comments between them are left out."""
    root = etree.fromstring(f"<all>{printed}</all>")
    return root.findall("interface")


def piped(text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run vnetmgr with a script on its standard input."""
    command = [sys.executable, "-m", "vnetmgr", *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True)


def read_spec(text: str) -> dict[str, dict[str, dict[str, Any]]]:
    """A spec as import-qemu prints it: domain, nic, key. Anything else in it is an error."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    assert lines[:2] == ["version: 1", "domains:"]
    spec: dict[str, dict[str, dict[str, Any]]] = {}
    for line in lines[2:]:
        indent, key, value = re.fullmatch(r'( *)("(?:[^"\\]|\\.)*"|\w+):(?: (.*))?', line).groups()  # type: ignore[union-attr]
        name = json.loads(key) if key.startswith('"') else key
        if len(indent) == 2:
            nics = spec.setdefault(name, {})
        elif len(indent) == 6:
            nic = nics.setdefault(name, {})
        elif len(indent) == 8:
            nic[name] = json.loads(value)
        else:
            assert line == "    nics:"
    return spec


def test_the_books_line_as_an_element() -> None:
    result = run("import-qemu", "--", *BOOK_LINE)
    assert result.returncode == 0
    (nic,) = elements(result.stdout)
    assert nic.get("type") == "user"
    assert [child.tag for child in nic] == ["mac", "model", "address"]
    assert nic.find("mac").get("address") == MAC  # type: ignore[union-attr]
    assert nic.find("model").get("type") == "e1000"  # type: ignore[union-attr]
    assert nic.find("address").get("slot") == "0x08"  # type: ignore[union-attr]


def test_the_books_line_as_json() -> None:
    printed = _json("--", *BOOK_LINE)
    assert printed["kind"] == "nics"
    (nic,) = printed["items"]
    assert set(nic) == NIC_KEYS
    assert {key for key in nic if nic[key] is None} >= LIVE_ONLY
    assert (nic["mac"], nic["mode"], nic["model"], nic["link"]) == (MAC, "user", "e1000", "up")


def _json(*arguments: str) -> dict[str, Any]:
    result = run("import-qemu", "--output", "json", *arguments)
    assert result.returncode == 0, result.stderr
    return read_document(result.stdout)


def test_names(tmp_path: Path) -> None:
    result = run("import-qemu", "-o", "name", "--file", script(tmp_path, TWO))
    first, second = result.stdout.splitlines()
    assert first == "web1/lan"
    assert re.fullmatch(r'db "1"/52:54:00(:[0-9a-f]{2}){3}', second)


def test_the_books_line_as_a_table() -> None:
    result = run("import-qemu", "-o", "table", "--", *BOOK_LINE)
    heading, row = result.stdout.splitlines()
    assert heading.startswith("DOMAIN")
    assert row.split() == ["-", "-", MAC, "user", "-", "e1000", "0000:00:08.0"]


@pytest.mark.parametrize("form", ["xml", "yaml", "json", "table", "name"])
@pytest.mark.parametrize("arguments", [("-net", "nic", "-net", "user"), ("-m", "1")])
def test_a_fresh_mac_where_qemu_has_a_shared_one(form: str, arguments: tuple[str, ...]) -> None:
    results = [run("import-qemu", "-o", form, "--", QEMU, *arguments) for _ in range(2)]
    macs = [re.findall(r"52:54:00(?::[0-9a-f]{2}){3}", result.stdout) for result in results]
    assert macs[0] != macs[1]
    assert all("fresh one" in result.stderr for result in results)
    for (mac,) in macs if form != "json" else [[_first_mac(result.stdout)] for result in results]:
        assert not mac.startswith("52:54:00:12:34:")


def _first_mac(printed: str) -> str:
    mac: str = json.loads(printed)["items"][0]["mac"]
    return mac


def test_the_guests_of_a_script(tmp_path: Path) -> None:
    file = script(tmp_path, TWO)
    result = run("import-qemu", "--file", file)
    assert [nic.get("type") for nic in elements(result.stdout)] == ["bridge", "user"]
    assert re.findall("<!-- (.*) -->", result.stdout) == [f"{file}:3", f"{file}:6"]
    assert f"{file}:6: " in result.stderr
    printed = _json("--file", file)
    assert [nic["domain"] for nic in printed["items"]] == ["web1", 'db "1"']
    assert [nic["name"] for nic in printed["items"]] == ["lan", None]
    assert result.stderr.splitlines() == printed["notes"]


def test_a_spec_says_the_same(tmp_path: Path) -> None:
    result = run("import-qemu", "-o", "yaml", "--file", script(tmp_path, TWO))
    spec = read_spec(result.stdout)
    assert set(spec) == {"web1", 'db "1"'}
    web, db = spec["web1"], spec['db "1"']
    assert web == {"lan": {"bridge": "br0", "mac": MAC, "model": "virtio"}}
    assert set(db) == {"nic0"}
    assert db["nic0"].pop("mac").startswith("52:54:00:")
    assert db == {"nic0": {"user": {}, "model": "e1000"}}


def test_every_key_of_a_spec_is_an_option() -> None:
    device = f"virtio-net-pci,netdev=n,mac={MAC},mq=on,vectors=10,bootindex=3,host_mtu=9000"
    more = ",rx_queue_size=1024,packed=on,csum=off,addr=0x5.1,id=lan"
    arguments = ("-netdev", "bridge,id=n,br=br0", "-device", device + more)
    result = run("import-qemu", "-o", "yaml", "--", QEMU, *arguments)
    assert result.returncode == 0, result.stderr
    (nic,) = read_spec(result.stdout)["vm1"].values()
    assert {"bridge", "mac", "model", "mtu", "boot_order", "pci_address", "extra"} <= set(nic)
    patch = build_patch(nic, source_needed=True)
    shown = {key: value for key, value in patch.items() if key != "source"}
    assert set(shown) == set(nic) - {"bridge"}
    extra = dict(patch.items())["extra"]
    assert isinstance(extra, SomePairs)
    assert ("driver.rx_queue_size", "1024") in extra.pairs


def test_a_spec_has_no_word_for_some_sources() -> None:
    arguments = ("-netdev", "socket,id=n,listen=:1234", "-device", f"e1000,netdev=n,mac={MAC}")
    refused = run("import-qemu", "-o", "yaml", "--", QEMU, *arguments)
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert "no source of the kind server" in refused.stderr
    assert elements(run("import-qemu", "--", QEMU, *arguments).stdout)[0].get("type") == "server"


def test_standard_input() -> None:
    result = piped(TWO, "import-qemu", "--file", "-")
    assert len(elements(result.stdout)) == 2
    assert "<!-- <stdin>:3 -->" in result.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("X=1\nkvm -nic user,mac=$(gen)", [":2: $(gen)"]),
        ("kvm -nic user,mac=$MAC", [":1: $MAC is not set"]),
        ("kvm -nic user,restrict=on -nic user,colour=red", [":1: ", "restrict", "colour"]),
        ("kvm -nic user,restrict=on\nkvm -m 1 $X\nkvm -nic what", [":1: ", ":2: ", ":3: "]),
        ("kvm -nic user\nkvm 'a", [":2: ", "never closed"]),
        ("echo nothing", ["no QEMU command"]),
    ],
)
def test_problems_of_a_script(tmp_path: Path, text: str, said: list[str]) -> None:
    file = script(tmp_path, text)
    for more in ((), ("--attach", "test", "--config")):
        result = run("import-qemu", "--file", file, *more)
        assert result.returncode == 2
        assert result.stdout == ""
        assert "Traceback" not in result.stderr
        assert file in result.stderr
        places = [result.stderr.find(part) for part in said]
        assert -1 not in places, result.stderr
        assert places == sorted(places)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no QEMU command"),
        (("--", "virsh", "list"), "'virsh' is no QEMU program"),
        (("--file", "/no/such/file"), "/no/such/file cannot be read"),
        (("--file", "-", "--", QEMU), "one of the two"),
        (("--dry-run", "--", QEMU), "--attach DOMAIN"),
        (("--config", "--", QEMU), "--attach DOMAIN"),
        (("--attach", "test", "-o", "yaml", "--", QEMU), "no yaml to print"),
        (("--attach", "test", "-o", "xml", "--", QEMU), "no xml to print"),
        (("-o", "toml", "--", QEMU), "toml"),
    ],
)
def test_bad_usage(arguments: tuple[str, ...], message: str) -> None:
    result = run("import-qemu", *arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    "words", [("sudo", *BOOK_LINE), BOOK_LINE[1:], ("/opt/bin/kvm", *BOOK_LINE[1:])]
)
def test_how_the_program_may_be_written(words: tuple[str, ...]) -> None:
    words = tuple(word for word in words if word not in ("disk.img",))
    (nic,) = _json("--", *words)["items"]
    assert nic["mac"] == MAC


def test_the_two_dashes_may_be_forgotten() -> None:
    with_them, without = (run("import-qemu", *dashes, *BOOK_LINE) for dashes in (("--",), ()))
    assert (without.returncode, without.stdout) == (0, with_them.stdout)


def test_no_nics() -> None:
    result = run("import-qemu", "--", QEMU, "-nic", "none")
    assert (result.returncode, result.stdout) == (0, "")
    assert "no nics" in result.stderr
    assert _json("--", QEMU, "-net", "none")["items"] == []


def test_what_an_element_cannot_say_is_noted() -> None:
    device = f"virtio-net-pci,netdev=n,mac={MAC},vectors=7"
    result = run("import-qemu", "--", QEMU, "-netdev", "user,id=n", "-device", device)
    assert "vectors=7" in result.stderr
    assert "--allow taint" in result.stderr


def attach(*arguments: str) -> dict[str, Any]:
    """What import-qemu --attach prints as JSON."""
    return _json("--attach", "test", "--config", *arguments)


def test_attach_is_the_ordinary_plan() -> None:
    planned = attach("--dry-run", "--", *BOOK_LINE)
    assert planned["kind"] == "plan"
    done = attach("--", *BOOK_LINE)
    assert done["kind"] == "report"
    (change,) = done["changes"]
    assert (change["action"], change["object"], change["result"]) == ("create", "nic", "done")
    fields = {field["field"]: field["after"] for field in change["fields"]}
    assert fields["source"] == "user"
    assert (fields["mac"], fields["model"]) == (MAC, "e1000")
    assert fields["pci_address"] == "0000:00:08.0"
    assert planned["changes"][0]["fields"] == change["fields"]


def test_attach_gives_a_mac_that_stays_the_same() -> None:
    """The planner's, from the domain and the name: a second run finds the nic."""
    plans = [attach("--dry-run", "--", QEMU, "-net", "nic", "-net", "user") for _ in range(2)]
    assert plans[0] == plans[1]
    (mac,) = (f["after"] for f in plans[0]["changes"][0]["fields"] if f["field"] == "mac")
    assert mac.startswith("52:54:00:")
    assert mac != "52:54:00:12:34:56"


def test_attach_of_several_nics_on_one_source() -> None:
    """Without device calls the second definition builds on the first."""
    done = attach("--", QEMU, "-nic", "user", "-nic", "user,model=rtl8139")
    assert [change["result"] for change in done["changes"]] == ["done", "done"]
    assert len({change["name"] for change in done["changes"]}) == 2
    assert [facts["configured"] for facts in done["facts"]] == [True, True]


def test_attach_of_nothing() -> None:
    result = run("import-qemu", "--attach", "test", "--", QEMU, "-nic", "none")
    assert result.returncode == 0
    assert "no nics" in result.stderr


def test_attach_takes_one_guest(tmp_path: Path) -> None:
    file = script(tmp_path, TWO)
    result = run("import-qemu", "--attach", "test", "--file", file)
    assert result.returncode == 2
    assert f"2 QEMU commands ({file}:3, {file}:6)" in result.stderr


def test_no_libvirt_is_needed_to_print() -> None:
    result = run("import-qemu", "--", *BOOK_LINE, env={"LIBVIRT_DEFAULT_URI": "warp:///x"})
    assert result.returncode == 0
    assert URI not in result.stdout
