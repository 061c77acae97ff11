"""Every command prints what others chose, and nothing of it acts on who reads it."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from vnetmgr.cli.catalogue import COMMANDS
from vnetmgr.printable import is_printable

if TYPE_CHECKING:
    from pathlib import Path

SEEN = "vnetmgr-test"
# As far as XML can hold them: C1's CSI, a bidi override, a zero-width space, NEL, a filler.
EVIL = "\x9b2J\u202e\u200b\x85\u3164[red]:warning:"
DOMAIN, NETWORK, BRIDGE = f"vm{EVIL}", f"net{EVIL}", f"b{EVIL[:3]}"
NODE = f"""<node><cpu><mhz>1</mhz><model>m</model><active>1</active><nodes>1</nodes>
<sockets>1</sockets><cores>1</cores><threads>1</threads></cpu><memory>4000000</memory>
<network><name>default</name><bridge name='virbr0'/><ip address='192.168.122.1'
 netmask='255.255.255.0'><dhcp><range start='192.168.122.2' end='192.168.122.254'/></dhcp></ip>
</network>
<network><name>{NETWORK}</name><bridge name='virbr1'/><domain name='{EVIL}.example'/>
<ip address='10.1.0.1' netmask='255.255.255.0'><dhcp>
<host mac='52:54:00:00:00:01' name='h{EVIL}' ip='10.1.0.5'/></dhcp></ip>
<dns><txt name='t{EVIL}' value='v{EVIL}'/></dns><portgroup name='p{EVIL}'/></network>
<domain type='test'><name>{DOMAIN}</name><memory>1000</memory><os><type>hvm</type></os><devices>
<interface type='network'><mac address='52:54:00:00:00:02'/><source network='{NETWORK}'
 portgroup='p{EVIL}'/><model type='e1000'/></interface>
<interface type='bridge'><mac address='52:54:00:00:00:03'/><source bridge='{BRIDGE}'/></interface>
</devices></domain></node>"""
SPEC = r"""version: 1
networks: {"net\u009b2J": {mode: "\u202e"}}
domains: {"vm\u009b2J\e[31m": {nics: {"a\nb": {bridge: "\u200b"}, lan: {network: "\u202e"}}}}
"""
MAC = "52:54:00:00:00:02"
# What each is asked; several where what it says differs. {spec} is a file.
ASKED: dict[str, tuple[tuple[str, ...], ...]] = {
    "attach-nic": (
        (DOMAIN, "--network", NETWORK),
        (DOMAIN, "--network", NETWORK, "--name", "x", "--dry-run", "--verbose"),
        ("nosuch\x1b[31m", "--user"),
        (DOMAIN, "--bridge", "b\x1b[2J"),
        (DOMAIN, "--network", f"nosuch{EVIL}", "--name", "y"),
    ),
    "update-nic": ((DOMAIN, MAC, "--link", "down"), (DOMAIN, "no\x1b[1msuch", "--link", "down")),
    "detach-nic": ((DOMAIN, MAC, "--dry-run"), (DOMAIN, f"52:{EVIL}"), (DOMAIN, MAC)),
    "list-nics": ((), (DOMAIN,), ("a\nb", "c\x1b[2J"), ("--verbose",)),
    "add-slots": ((DOMAIN, "1"), (EVIL, "1")),
    "create-domain": (("new", "--nic", f"network={NETWORK}", "--dry-run"), (f"n{EVIL}",)),
    "create-network": ((f"n{EVIL}", "--mode", "nat"), ("lan\x1b[2J", "--mode", "x\nb")),
    "update-network": ((NETWORK, "--mtu", "1400"), (NETWORK, "--dns-domain", "\x1b[31m")),
    "delete-network": ((NETWORK,), ("\x1b[31m",)),
    "start-network": ((NETWORK,), (EVIL,)),
    "stop-network": ((NETWORK,), (EVIL,)),
    "restart-network": ((NETWORK,), (EVIL,)),
    "list-domains": ((), (DOMAIN,), (EVIL,)),
    "list-networks": ((), ("--verbose",)),
    "show-network": ((NETWORK,), (EVIL,)),
    "reserve-address": ((NETWORK, f"{DOMAIN}/{MAC}", "10.1.0.9"), (NETWORK, "\x1b[2J/a", "x\ny")),
    "release-address": ((NETWORK, "10.1.0.5"), (NETWORK, EVIL)),
    "list-leases": ((), (NETWORK,), (EVIL,)),
    "add-dns-record": ((NETWORK, "host", "a", "10.1.0.7"), (NETWORK, EVIL)),
    "remove-dns-record": ((NETWORK, "txt", f"t{EVIL}"), (EVIL, "\x1b[2J")),
    "add-forward": ((DOMAIN, "8080:80"), (DOMAIN, "80\x1b[2J:x\ny")),
    "remove-forward": ((DOMAIN, "8080"), (EVIL, "\x1b[2J")),
    "list-forwards": ((), (DOMAIN,), (EVIL,)),
    "list-host-devices": ((), (EVIL,)),
    "validate": (("{spec}",), ("no\x1b[2Jsuch\nb",), ("{spec}", "-v")),
    "plan": (("{spec}",), ("{good}", "--xml"), ("no\x1b[2Jsuch\nb",)),
    "apply": (("{spec}",), ("{good}", "--yes")),
    "reconcile": (("{spec}",), ("{good}",), ("{good}", "--report-file", "/no\x1b[2J/such")),
    "watch": (
        ("{spec}", "--all-or-nothing"),
        ("{good}", "--dry-run"),
        ("{good}", "--interval", "\x1b[2J"),
    ),
    "join-overlay": (
        (),
        ("--encap-ip", EVIL, "--system-id", "\x1b[2J", "--southbound", f"tcp:{EVIL}:1"),
    ),
    "leave-overlay": ((), ("--force", EVIL)),
    "install-service": (
        ("{good}", "--watch", "--directory", "/no\x1b[2J/x"),
        ("\x1b[2J", "--cron"),
    ),
    "export": ((), (DOMAIN,), ("--file", "/no\x1b[2J/such")),
    "schema": ((), (EVIL,)),
    "example-spec": ((), (EVIL,)),
    "hold": ((DOMAIN, "--for", "1h", "--reason", EVIL), (DOMAIN, "--for", "\x1b[2J")),
    "release": ((DOMAIN,), (EVIL,)),
    "import-qemu": (
        ("qemu-system-x86_64", "-nic", "tap,ifname=\x1b[2J"),
        ("qemu-system-x86_64", "-nic", "user,model=e1000,\x1b[2J=\nx"),
        ("--file", "{script}"),
        ("--file", "{script}", "-o", "yaml"),
        ("no\x1b[2Jsuch",),
    ),
    "show-qemu-args": ((DOMAIN,), (EVIL,)),
    "list-models": ((), ("\x1b[2J",)),
    "doctor": ((), (DOMAIN,), (f"{DOMAIN}/{EVIL}",), ("--facts", "no\x1b[2Jsuch\nb"), (EVIL, "/")),
    "topology": ((), (EVIL,), ("-o", "dot"), ("-o", "html"), ("--file", "/no\x1b[2J/such")),
    "trace": (
        (DOMAIN, EVIL),
        (DOMAIN, f"{EVIL}:80"),
        (DOMAIN, "192.0.2.1:\x1b[2J"),
        (DOMAIN, "192.0.2.1/\x1b[2J\n"),
        (DOMAIN, "[::1%\x1b[2J]"),
        (f"{DOMAIN}/{EVIL}", "gateway"),
        (DOMAIN, "192.0.2.1:443"),
    ),
    "prepare-migration": ((DOMAIN, "kvm2"), (DOMAIN, "\x1b[2J"), (EVIL, "kvm2")),
    "check-migration": (
        (DOMAIN, "test:///default"),
        (EVIL, "test:///default"),
        (DOMAIN, "no\x1b[2Jsuch"),
        (DOMAIN, "test:///\x1b[2J\nx"),
    ),
    "serve-ssh": ((), (EVIL,)),
    "metrics": ((), ("--listen", "\x1b[2J:80"), ("--listen", "0.0.0.0\n:80")),
}
CASES = [(command, words) for command, asked in ASKED.items() for words in asked]
EVERYWHERE = ("--nosuch\x1b[2J", "--output=\x1b[2J\nx", "--connect=test:///\x1b[2J\nx")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The files that commands read."""
    folder = tmp_path_factory.mktemp("hostile")
    texts = {
        "node": NODE,
        "spec": SPEC,
        "good": f'version: 1\nnetworks: {{"lab": {{mode: nat}}}}\ndomains: {{"{SEEN}": {{}}}}\n',
        "script": "qemu-system-x86_64 -nic bridge,br=br0 -netdev tap,id=a\x1b[2J\n",
    }
    found = {}
    for name, text in texts.items():
        path = folder / (name if name == "node" else f"{name}{EVIL}")
        path.write_text(text)
        found[name] = str(path)
    return found


def started(
    files: dict[str, str], words: tuple[str, ...], cwd: Path, **streams: object
) -> subprocess.Popen[bytes]:
    filled = [files.get(word.strip("{}"), word) if word[:1] == "{" else word for word in words]
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-m", "vnetmgr", *filled],
        cwd=cwd,
        env={**os.environ, "LIBVIRT_DEFAULT_URI": f"test://{files['node']}", "TERM": "xterm"},
        **streams,
    )


def assert_harmless(printed: str) -> None:
    assert "Traceback" not in printed
    for line in printed.split("\n"):
        assert is_printable(line.replace("\t", "")), ascii(line)


def test_every_command_is_asked() -> None:
    assert set(ASKED) == set(COMMANDS)


@pytest.mark.parametrize(("command", "words"), CASES, ids=lambda each: ascii(each))
def test_nothing_acts_on_who_reads_a_pipe(
    files: dict[str, str], command: str, words: tuple[str, ...], tmp_path: Path
) -> None:
    run = started(
        files,
        (command, *words),
        tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    printed, said = (each.decode() for each in run.communicate(timeout=120))
    assert_harmless(printed)
    assert_harmless(said)


def on_terminal(files: dict[str, str], words: tuple[str, ...], cwd: Path) -> str:
    ours, theirs = pty.openpty()
    with started(files, words, cwd, stdin=theirs, stdout=theirs, stderr=theirs):
        os.close(theirs)
        printed = bytearray()
        try:
            while chunk := os.read(ours, 4096):
                printed += chunk
        except OSError:  # EIO: the other end is closed
            pass
    os.close(ours)
    return COLOUR.sub("", printed.decode()).replace("\r\n", "\n")


@pytest.mark.parametrize(
    "words",
    [
        ("list-nics",),
        ("list-networks",),
        ("show-network", NETWORK),
        ("list-leases",),
        ("list-nics", "a\nb\x1b[2J"),
        ("attach-nic", DOMAIN, "--network", NETWORK, "--name", "x"),
        ("attach-nic", DOMAIN, "--network", NETWORK, "--name", "x", "--dry-run"),
        ("validate", "{spec}"),
        ("plan", "{good}"),
        *((command, *EVERYWHERE[:1]) for command in ("list-nics", "apply")),
        ("list-nics", EVERYWHERE[1]),
        ("list-nics", EVERYWHERE[2]),
        ("no\x1b[2Jsuch",),
        ("list-nics", "[red]x\x1b[2J"),
    ],
    ids=lambda each: ascii(each),
)
def test_nothing_acts_on_a_terminal(
    files: dict[str, str], words: tuple[str, ...], tmp_path: Path
) -> None:
    printed = on_terminal(files, words, tmp_path)
    assert_harmless(printed)
    assert "⚠" not in printed


@pytest.mark.parametrize(
    "command", ["list-nics", "list-networks", "list-leases", "show-network", "export"]
)
def test_json_is_exact_in_value_and_harmless(
    files: dict[str, str], command: str, tmp_path: Path
) -> None:
    words = (command, *((NETWORK,) if command == "show-network" else ()), "-o", "json")
    run = started(files, words, tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    printed = run.communicate(timeout=120)[0].decode()
    assert_harmless(printed)
    assert r"\u009b2J\u202e\u200b\u0085\u3164" in printed or command == "export"
    read = json.dumps(json.loads(printed), ensure_ascii=False)
    assert EVIL in read or command == "export"


@pytest.mark.parametrize("locale", ["C", "de_DE.ISO-8859-1", "POSIX"])
@pytest.mark.parametrize("form", ["table", "json", "yaml"])
def test_a_locale_that_lacks_a_character_stops_nothing(
    files: dict[str, str], locale: str, form: str
) -> None:
    text = {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "TERM": "dumb"}
    for words in (("list-networks",), ("show-network", "lan-名é"), ("import-qemu", "-nic", "b-名")):
        asked = words if words[0] == "import-qemu" else (*words, "-o", form)
        run = subprocess.run(
            [sys.executable, "-m", "vnetmgr", *asked],
            capture_output=True,
            env={**os.environ, "LIBVIRT_DEFAULT_URI": f"test://{files['node']}", **text},
        )
        assert b"Traceback" not in run.stderr
        if form != "table" and words == ("list-networks",):
            assert run.stdout.isascii()
            read = json.loads(run.stdout) if form == "json" else yaml.safe_load(run.stdout)
            assert NETWORK in [each["name"] for each in read["items"]]


def test_utf_8_where_the_locale_has_none() -> None:
    """It is told from bytes that are none; and a name that cannot be one of a file is no crash."""
    text = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-m", "vnetmgr", "list-nics", "名é", "-c", "test:///default"]
    run = subprocess.run(command, capture_output=True, check=False, env={**os.environ, **text})
    assert run.returncode == 2
    assert b"argument 2 is UTF-8, which this locale is not: \\u540d\\xe9" in run.stderr
    assert b"hint: nothing was touched; run it where the locale is UTF-8" in run.stderr


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_metrics_are_utf_8(encoding: str, tmp_path: Path) -> None:
    """Prometheus' format knows no other, nor escapes for letters."""
    (tmp_path / "node.xml").write_text(
        "<node><domain type='test'><name>名é</name><memory>1</memory><os><type>hvm</type></os>"
        "</domain></node>"
    )
    command = [sys.executable, "-m", "vnetmgr", "metrics", "-c", f"test://{tmp_path / 'node.xml'}"]
    env = {**os.environ, "PYTHONIOENCODING": encoding}
    run = subprocess.run(command, capture_output=True, check=False, env=env)
    assert run.returncode == 0
    assert 'domain="名é"' in run.stdout.decode()


@pytest.mark.parametrize("command", COMMANDS)
def test_bytes_that_are_no_utf_8_are_refused(command: str) -> None:
    for words in ((command, b"a\xff"), (command, b"--connect=\xff")):
        run = subprocess.run(
            [sys.executable, "-m", "vnetmgr", *words], capture_output=True, check=False
        )
        assert run.returncode == 2
        assert b"is not UTF-8" in run.stderr
        assert rb"\udcff" in run.stderr


_VARIABLES = (
    *("HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CACHE_HOME", "TMPDIR"),
    *("USER", "LANG", "LC_ALL", "COLUMNS", "TERM", "NO_COLOR", "NOTIFY_SOCKET", "JOURNAL_STREAM"),
)


@pytest.mark.parametrize("words", ["attach-nic test --network default --name x", "topology"])
def test_an_environment_of_other_bytes_is_no_crash(words: str) -> None:
    others = {name.encode(): b"/tmp/\xff" for name in _VARIABLES}
    command = [sys.executable, "-m", "vnetmgr", *words.split(), "-c", "test:///default", "-o"]
    env = {**os.environb, **others, b"PATH": b"/\xff:" + os.environb[b"PATH"]}
    run = subprocess.run([*command, "yaml"], capture_output=True, check=False, env=env)
    assert (run.returncode, b"Traceback" in run.stderr) == (0, False)
    assert yaml.safe_load(run.stdout)["version"] == 1


def test_nor_is_a_uri_of_other_bytes() -> None:
    env = {**os.environb, b"LIBVIRT_DEFAULT_URI": b"test:///\xff"}
    run = subprocess.run(
        [sys.executable, "-m", "vnetmgr", "list-nics"], capture_output=True, check=False, env=env
    )
    assert (run.returncode, run.stdout) == (2, b"")
    assert b"LIBVIRT_DEFAULT_URI is not UTF-8" in run.stderr
