"""The host that all pages share: a lab, and what a page says that it needs of it.

`guest NAME` runs there: its agent answers, it brings up each nic and asks for an address, and has
no nic to begin with. `domain NAME` is defined and off, `link NAME` is a link of the host with
nothing at its other end, `switch NAME` a bridge of Open vSwitch. There is a bridge br0, with a LAN
behind it: its router 10.10.0.1 answers DHCP and the web.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

import libvirt

from tests.system.conftest import Vm, forget_networks
from tests.system.quick import Quick

if TYPE_CHECKING:
    from types import TracebackType

    from tests.lab import Guest, Lab
    from tests.pages.reading import Step

# What a page may write outside its own directory, by commands that do: none of it is the machine's.
OVER_ETC = """set -e
cd "$TMPDIR"; mkdir upper work
mount -t overlay overlay -o lowerdir=/etc,upperdir=upper,workdir=work /etc
mount --bind ../etc /etc/libvirt
rm -rf /etc/vnetmgr"""
OFF = (
    "<domain type='qemu'><name>{name}</name><memory unit='MiB'>64</memory><os><type arch='x86_64'"
    " machine='q35'>hvm</type></os><features><acpi/></features></domain>"
)
URI = "qemu:///system"


class Stage:
    """A context manager; `set_up` and `strike` are around each page."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self._guests: dict[str, Guest] = {}

    def __enter__(self) -> Self:
        self._inside = ExitStack()
        self.lab.sh(OVER_ETC)
        program = self.lab.directory / "bin" / "vnetmgr"
        program.symlink_to(Path(sys.prefix) / "bin" / "vnetmgr")
        self._quick = self._inside.enter_context(Quick(self.lab))
        self._links = set(self._listed())
        self._rules = self.lab.sh("nft list ruleset")
        self._scratch = 0
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._inside.close()

    def _listed(self) -> list[str]:
        return re.findall(r"^\d+: ([^:@]+)", self.lab.sh("ip -o link"), re.MULTILINE)

    # A page

    def set_up(self, needs: list[str]) -> None:
        """Bring up what a page needs."""
        self._scratch += 1
        self.directory = self.lab.directory / "tmp" / f"page{self._scratch}"
        self.directory.mkdir()
        for need in needs:
            kind, _, name = need.partition(" ")
            match kind:
                case "guest":
                    self._guest(name)
                case "domain":
                    self.lab.conn.defineXML(OFF.format(name=name))
                case "link":
                    self.lab.sh(f"ip link add {name} type veth peer name far-{name}")
                    self.lab.sh(f"ip link set {name} up")
                case "switch":
                    self.lab.openvswitch(name)
                case "sections":
                    pass
                case _:
                    raise ValueError(f"a page needs {need!r}: see tests/pages/stage.py")

    def _guest(self, name: str) -> None:
        if name not in self._guests:
            self._guests[name] = self.lab.guest(
                name, flavour="agent", autodhcp=True, root_ports=8, booted=True
            )

    def anew(self) -> None:
        """As before the page began, but for its files."""
        for guest in self._guests.values():
            Vm(self.lab, guest).strip()
        forget_networks(self.lab)

    def strike(self) -> None:
        """Take away what a page has made."""
        running = {domain.name() for domain in self.lab.conn.listAllDomains() if domain.isActive()}
        self._guests = {name: guest for name, guest in self._guests.items() if name in running}
        for domain in self.lab.conn.listAllDomains():
            if domain.name() not in self._guests:
                with suppress(libvirt.libvirtError):  # it is off
                    domain.destroy()
                domain.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE)
        self.anew()
        for link in self._listed():
            if link not in self._links and not link.startswith("ovs"):
                self.lab.sh(f"ip link delete {link}", check=False)  # with its peer, the first
        if self.lab.sh("nft list ruleset") != self._rules:
            self.lab.run(["nft", "-f", "-"], input=f"flush ruleset\n{self._rules}")

    # Its commands

    def run(self, step: Step, command: str) -> str:
        """Run one, here or in a guest; return what it prints."""
        if step.guest:
            return self._guests[step.guest].run(command)[1]
        words = plain_words(command)
        if words[:1] == ["cat"] and step.shown and not (self.directory / words[1]).exists():
            (self.directory / words[1]).write_text(step.shown + "\n")
        if words[:1] == ["vnetmgr"]:
            done = self._quick(*words[1:], directory=self.directory)
            printed = done.stdout + done.stderr
        else:
            printed = self._shell(command)
        return self._as_elsewhere(printed)

    def _shell(self, command: str) -> str:
        # A file, since what goes on in the background would hold a pipe open.
        with (self.directory / ".printed").open("w+") as file:
            argv = ["sh", "-c", command]
            with self.lab.popen(
                argv, cwd=self.directory, stdout=file.fileno(), stderr=subprocess.STDOUT
            ) as shell:
                shell.wait(60)
            file.seek(0)
            return file.read()

    def _as_elsewhere(self, printed: str) -> str:
        """What belongs to the lab, as it is called on other hosts."""
        host = self.lab.conn.getHostname()
        printed = printed.replace(self.lab.uri, URI).replace(f"{self.directory}/", "")
        return re.sub(rf"(?<![\w.-]){re.escape(host)}(?![\w-])", "host1", printed)


def plain_words(command: str) -> list[str]:
    """The words of a command that takes no shell to run; none where it does."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words = list(lexer)
    shell = any(set(word) <= set("();<>|&") for word in words) or "$" in command or "~" in command
    return [] if shell else words
