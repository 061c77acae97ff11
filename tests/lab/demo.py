"""The demo behind script/demo: what vnetmgr is for, on a real guest, in about half a minute."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.guest import Guest, GuestConfig
from tests.lab.image_builder import image_directory
from tests.lab.lab import Lab
from tests.lab.odd_memory import odd_memory
from tests.lab.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.lab.machine import Machine

_MEMORY_MIB = 192
_REPOSITORY = Path(__file__).parents[2]
_PROGRAM = Path(sys.prefix) / "bin" / "vnetmgr"
_SOURCES = {
    "on the office LAN, through the bridge br0": ("--bridge", "br0"),
    "behind NAT; the network `default` is made and started on the way": ("--nat",),
    "in user mode, through QEMU itself": ("--user",),
}


def main() -> None:
    """Run the demo: in a lab as root, else on libvirt's test driver."""
    if "--test-driver" in sys.argv:
        on_test_driver()
    else:
        in_lab()


def to_its_end(demo: Callable[[], None]) -> None:
    """Run one; ^C ends it, and all that it has made has gone by then."""
    try:
        demo()
    except KeyboardInterrupt:
        print("\ninterrupted; everything that it has made is gone", file=sys.stderr)
        sys.exit(130)


def say(text: str) -> None:
    """A heading between commands."""
    bold = sys.stdout.isatty()
    print(f"\n\033[1m# {text}\033[0m" if bold else f"\n# {text}", flush=True)


def show(arguments: Sequence[str | Path], lab: Machine | None = None, *, at: str = "") -> None:
    """Print a vnetmgr command, run it where the user sees it, and stop if it fails. `at`: the
    name of the machine, where there are several."""
    run_shown([_PROGRAM, *arguments], lab, at=at)


def run_shown(argv: Sequence[str | Path], lab: Machine | None = None, *, at: str = "") -> None:
    """The same for any program."""
    shown = [Path(each).name if isinstance(each, Path) else each for each in argv]
    print(f"{at}$ {shlex.join(shown)}", flush=True)
    if lab is None:
        result = subprocess.run(argv, check=False)
    else:
        result = subprocess.run(lab.command_line(argv), env=lab.environment, check=False)
    if result.returncode:
        sys.exit(f"the command above failed with exit code {result.returncode}")


def in_lab() -> None:
    """A real guest under a throw-away libvirtd."""
    say("A throw-away libvirtd in namespaces of its own; nothing of this machine is touched")
    with Lab() as lab:
        for text in lab.stand_ins:
            print(f"(not the real thing here: {text})")
        say("A small domain without a nic; its kernel brings up each nic that appears (autodhcp)")
        guest = create(lab)
        page = lab.lan("br0").address
        for where, source in _SOURCES.items():
            say(f"A nic {where}")
            show(["attach-nic", "vm1", *source, "--name", "lan", "--wait", "20"], lab)
            fetch(guest, page)
            show(["list-nics", "vm1"], lab)
            show(["detach-nic", "vm1", "lan"], lab)
        say("Gone again, from the config, from the running domain and from the guest")
        show(["list-nics"], lab)
        print(f"guest$ ls /sys/class/net\n{guest.sh('ls /sys/class/net').strip()}", flush=True)
        guest.destroy()
    say("The libvirtd and everything in it is gone as well")


def create(lab: Lab, name: str = "vm1", *, at: str = "", wait: bool = True) -> Guest:
    """Make a guest as a user would; only its serial console goes to a socket of the demo's."""
    image, console = image_directory(), lab.directory / "serial" / name
    template = lab.directory / "demo.xml"
    serial = f"<serial type='unix'><source mode='bind' path='{lab.serial_folder / name}'/></serial>"
    text = (_REPOSITORY / "templates" / "domain" / "q35.xml").read_text(encoding="utf-8")
    text = text.replace("<serial type='pty'/>", serial).replace("<console type='pty'/>", "")
    if lab.guests_migrate:
        text = text.replace("</domain>", f"{odd_memory(_MEMORY_MIB)}</domain>")
    template.write_text(text, encoding="utf-8")
    boot = ("--kernel", image / "kernel", "--initrd", image / "agent.cpio")
    cmdline = "console=ttyS0 quiet panic=-1 autodhcp"
    size = ("--memory", f"{_MEMORY_MIB}MiB", "--vcpus", "1", "--template", template)
    show(["create-domain", name, *size, *boot, "--cmdline", cmdline, "--start"], lab, at=at)
    guest = Guest(lab, GuestConfig(name=name, image=image, console=console))
    if wait:
        guest.wait_ready()
    return guest


def fetch(guest: Guest, page: str) -> None:
    """Reach the office LAN's web server from inside the guest, whichever way leads there."""
    look = "ip -4 -o address | grep eth | cut -d' ' -f2-7"
    address = eventually(lambda: guest.sh(f"{look}; true").strip(), "an address by DHCP")
    print(f"guest$ {look}\n{address}\nguest$ printf 'GET / HTTP/1.0' | nc {page} 80")
    print(guest.fetch(page), flush=True)


def on_test_driver() -> None:
    """The same commands where nothing runs: the driver forgets everything with each process."""
    connection = ("-c", "test:///default")
    for where, source in _SOURCES.items():
        say(f"A nic {where}")
        show(["attach-nic", "test", *source, "--name", "lan", *connection])
    say("What is there without them")
    show(["list-nics", *connection])


if __name__ == "__main__":
    to_its_end(main)
