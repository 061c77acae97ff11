"""The host that all pages share: a lab, and what a page says that it needs of it.

`guest NAME` runs there: its agent answers, it brings up each nic and asks for an address, and has
no nic to begin with. `made NAME` is one that the page makes by create-domain, with the disk
/var/lib/libvirt/images/NAME.img: it boots as well, but from elsewhere. `domain NAME` is defined and
off, `link NAME` is a link of the host with nothing at its other end, `switch NAME` a bridge of Open
vSwitch. There is a bridge br0, with a LAN behind it: its router 10.10.0.1 answers DHCP and the web.
"""

from __future__ import annotations

import re
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self
from uuid import NAMESPACE_DNS, uuid5

import libvirt

from tests.lab.guest import Guest, GuestConfig
from tests.lab.image_builder import image_directory
from tests.lab.machine import REPOSITORY
from tests.pages.running import run
from tests.system.conftest import Vm, forget_networks
from tests.system.quick import Quick
from vnetmgr.local.templates import read_template

if TYPE_CHECKING:
    from types import TracebackType

    from tests.lab import Lab
    from tests.pages.reading import Step

# What a page may write outside its own directory, by commands that do: none of it is the machine's.
OVER_ETC = """set -e
cd "$TMPDIR"; mkdir upper work
mount -t overlay overlay -o lowerdir=/etc,upperdir=upper,workdir=work /etc
mount --bind ../etc /etc/libvirt
rm -rf /etc/vnetmgr
mkdir srv; mount --bind srv /srv"""
OFF = (
    "<domain type='qemu'><name>{name}</name><memory unit='MiB'>64</memory><os><type arch='x86_64'"
    " machine='q35'>hvm</type></os><features><acpi/></features></domain>"
)
URI = "qemu:///system"
TEMPLATE = "vnetmgr/templates/domain/q35.xml"


def install_program(directory: Path) -> Path:
    """The checkout's vnetmgr, where the PATH of a machine of that directory finds it."""
    program = directory / "bin" / "vnetmgr"
    command = f'PYTHONPATH={REPOSITORY} exec {sys.executable} -m vnetmgr "$@"'
    program.write_text(f"#!/bin/sh\n{command}\n")
    program.chmod(0o755)
    return program


class Stage:
    """A context manager; `set_up` and `strike` are around each page."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self._guests: dict[str, Guest] = {}
        self._made: dict[str, Guest] = {}

    def __enter__(self) -> Self:
        self._inside = ExitStack()
        self.lab.sh(OVER_ETC)
        install_program(self.lab.directory)
        self._quick = self._inside.enter_context(Quick(self.lab))
        self._links = set(self._listed())
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
        for name in self._guests.keys() - {need.removeprefix("guest ") for need in needs}:
            self._guests.pop(name).destroy()
        for need in needs:
            kind, _, name = need.partition(" ")
            match kind:
                case "guest":
                    self._guest(name)
                case "made":
                    self._expect(name)
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
            # Its nics' MACs, and with them its addresses, follow: lists are in their order.
            uuid = str(uuid5(NAMESPACE_DNS, name))
            self._guests[name] = self.lab.guest(
                name, flavour="agent", autodhcp=True, root_ports=8, uuid=uuid
            )

    def _expect(self, name: str) -> None:
        """Have create-domain make a domain that boots, and whose shell is where a guest's is."""
        image, console = image_directory(), self.lab.directory / "serial" / name
        config = GuestConfig(name=name, image=image, console=console)
        boot = (
            f"<kernel>{image}/kernel</kernel><initrd>{image}/agent.cpio</initrd>"
            "<cmdline>console=ttyS0 quiet panic=-1 autodhcp</cmdline></os>"
        )
        serial = f"<serial type='unix'><source mode='bind' path='{console}'/></serial>"
        text = read_template("domain/q35.xml").replace("</os>", boot)
        text = text.replace("<serial type='pty'/>", serial).replace("<console type='pty'/>", "")
        template = Path(self.lab.environment["XDG_CONFIG_HOME"], TEMPLATE)
        template.parent.mkdir(parents=True)
        template.write_text(text)
        self.lab.sh(f"cd /var/lib/libvirt; mkdir -p images; truncate -s 8M images/{name}.img")
        self._made[name] = Guest(self.lab, config)

    def anew(self) -> None:
        """As before the page began, but for its files."""
        for guest in self._guests.values():
            Vm(self.lab, guest).strip()
        forget_networks(self.lab)

    def strike(self) -> None:
        """Take away what a page has made."""
        running = {domain.name() for domain in self.lab.conn.listAllDomains() if domain.isActive()}
        self._guests = {name: guest for name, guest in self._guests.items() if name in running}
        self._made.clear()
        for domain in self.lab.conn.listAllDomains():
            if domain.name() not in self._guests:
                if domain.name() in running:
                    domain.destroy()
                domain.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE)
        self.anew()
        shutil.rmtree(self.lab.environment["XDG_CONFIG_HOME"], ignore_errors=True)
        for link in self._listed():
            if link not in self._links and not link.startswith("ovs"):
                self.lab.sh(f"ip link delete {link}", check=False)  # with its peer, the first
        if "inet vnetmgr" in self.lab.sh("nft list tables"):
            self._quick("reconcile")  # rules that no domain speaks of any more

    # Its commands

    def run(self, step: Step, command: str) -> tuple[int, str]:
        """Run one, here or in a guest; return its exit code, and what it prints."""
        if step.guest:
            return (self._guests | self._made)[step.guest].run(command)
        code, printed = run(step, command, self.lab, self._quick, self.directory)
        return code, self._as_elsewhere(printed)

    def _as_elsewhere(self, printed: str) -> str:
        """What belongs to the lab, as it is called on other hosts."""
        host = self.lab.conn.getHostname()
        printed = printed.replace(self.lab.uri, URI).replace(f"{self.directory}/", "")
        return re.sub(rf"(?<![\w.-]){re.escape(host)}(?![\w-])", "host1", printed)
