"""docs/guides/lan.md: what it gives to those who look after a host's links makes the bridge.

They are in a Debian root of their own, and the links in a network namespace. systemd-networkd and
ifupdown bring the bridge up there; netplan writes for the former; NetworkManager, which takes a
D-Bus, says what it would keep.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.lab.cache import cached_directory
from tests.lab.next.root import archive, why_no_next_root
from tests.lab.programs import need_program
from tests.pages.reading import REPOSITORY

pytestmark = pytest.mark.soak

GUIDE = (REPOSITORY / "docs/guides/lan.md").read_text()
LINK, MAC = "eno1", "52:54:00:12:34:56"
PACKAGES = "bridge-utils,ifupdown,iproute2,isc-dhcp-client,netplan.io,network-manager,systemd"
# Usage: sh -c INSIDE sh ROOT COMMAND. /sys can be read alone, so that nobody waits for a udev.
INSIDE = f"""set -e
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount --bind /dev dev
mount -t tmpfs tmpfs run
mkdir -p run/systemd/network run/network
ip link add {LINK} address {MAC} type veth peer name far
ip link set far up
exec chroot . sh -ec "$2"
"""
NETWORKD = """
/lib/systemd/systemd-networkd > /run/log 2>&1 &
networkd=$!
for try in $(seq 50); do
    ip link show master br0 2> /dev/null | grep -q eno1 && break
    sleep 0.2
done
kill $networkd
cat /run/log >&2
"""
SHOWN = "ip -d link show br0; ip link show master br0"


def section(heading: str) -> str:
    """What stands under a heading of the guide's."""
    return GUIDE.split(f"\n### {heading}\n")[1].split("\n## ")[0].split("\n### ")[0]


def blocks(heading: str, kind: str) -> list[str]:
    """Its blocks of a kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```", section(heading), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def root() -> Path:
    """A Debian with all four programs: 325 MB, half a minute, once."""
    if reason := why_no_next_root():
        pytest.skip(reason)

    def build(target: Path) -> None:
        argv: list[str | Path] = [
            *("unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"),
            *(need_program("mmdebstrap"), "--mode=root", "--variant=minbase", "--quiet"),
            *("--aptopt=APT::Install-Recommends false", f"--include={PACKAGES}"),
            *("bookworm", target, archive(target)),
        ]
        subprocess.run(argv, check=True)

    return cached_directory("links", f"bookworm-{PACKAGES}", build)


def run(root: Path, command: str, files: dict[str, str]) -> str:
    """Run a command in the root, where these files are in /run; return what it prints."""
    written = "".join(f"cat > /run/{name} <<'END'\n{text}END\n" for name, text in files.items())
    inside: list[str | Path] = ["sh", "-c", INSIDE, "sh", root, written + command]
    namespaces = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child=KILL"]
    done = subprocess.run([*namespaces, *inside], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def is_the_bridge(shown: str) -> bool:
    """Whether br0 is up with the link's MAC and without STP, and the link is on it."""
    bridge, _, ports = shown.partition("\n")
    return (
        ",UP" in bridge
        and f"link/ether {MAC}" in ports
        and "stp_state 0" in ports
        and f"{LINK}@" in ports
    )


def test_systemd_networkd(root: Path) -> None:
    names = re.findall(r"`(20-[\w.-]+)`[^`]*:\n\n```ini", section("systemd-networkd"))
    texts = blocks("systemd-networkd", "ini")
    assert len(names) == len(texts) == 4
    files = {f"systemd/network/{name}": text for name, text in zip(names, texts, strict=True)}
    assert is_the_bridge(run(root, NETWORKD + SHOWN, files))


def test_netplan(root: Path) -> None:
    (text,) = blocks("netplan", "yaml")
    generate = """
    mkdir -p /run/plan/etc/netplan
    install -m 600 /run/60-br0.yaml /run/plan/etc/netplan
    netplan generate --root-dir /run/plan
    cp /run/plan/run/systemd/network/* /run/systemd/network/
    """
    assert is_the_bridge(run(root, generate + NETWORKD + SHOWN, {"60-br0.yaml": text}))


def test_ifupdown(root: Path) -> None:
    (text,) = blocks("ifupdown", "text")
    up = f"ip link set {LINK} down; ifup -i /run/interfaces br0; {SHOWN}"
    # Nobody answers DHCP here.
    assert is_the_bridge(run(root, up, {"interfaces": text.replace("inet dhcp", "inet manual")}))
    asks = run(root, "ifup --no-act -v -i /run/interfaces br0 2>&1", {"interfaces": text})
    assert "dhclient -4" in asks


def test_networkmanager(root: Path) -> None:
    (text,) = blocks("NetworkManager", "sh")
    adding = [line for line in text.splitlines() if " connection add " in line]
    bridge, port = (run(root, line.replace("nmcli", "nmcli --offline"), {}) for line in adding)
    assert "interface-name=br0\n" in bridge
    assert f"[bridge]\nmac-address={MAC}\nstp=false\n" in bridge
    assert "[ipv4]\nmethod=auto\n" in bridge
    assert f"interface-name={LINK}\nmaster=br0\nslave-type=bridge\n" in port
