"""Open a lab for development: `python -m tests.lab [-- COMMAND...]`.

Brings up libvirtd, br0 and br1 with their LANs, and a guest `vm1` without a nic, then runs a
shell (or the command) inside. Everything is gone when that ends.
"""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.lab.errors import LabError
from tests.lab.lab import Lab

WELCOME = """\
This shell is inside the lab; LIBVIRT_DEFAULT_URI is set, nothing here touches the machine.
  virsh list                               the guest vm1 has no nic yet
  vnetmgr attach-nic vm1 --bridge br0      or: python -m vnetmgr ...
  guest-sh vm1 'ip link'                   run a command in the guest
  guest-sh vm1 'ip link set eth0 up; udhcpc -n -q -i eth0 -s /lib/lab/udhcpc'
  ip netns exec lan0 ping GUEST            from the LAN behind br0 (lan1: br1)
{lans}
{stand_ins}Logs: {directory}/log. The lab ends with this shell.
"""


def main() -> int:
    """Run the lab and what is wanted in it; return the exit code of that."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.lab",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--machine", default="q35", help="of vm1: q35 (default) or pc")
    parser.add_argument("command", nargs="*", metavar="COMMAND")
    options = parser.parse_args()
    # A closed terminal or a `kill` is no reason to leave the lab to its keeper.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    try:
        with Lab() as lab:
            lab.guest("vm1", machine=options.machine, root_ports=4 * (options.machine == "q35"))
            if not options.command:
                print(_welcome(lab), file=sys.stderr)
            return _run_in_foreground(lab, options.command or [_shell()])
    except LabError as error:
        sys.exit(f"lab: {error}")


def _welcome(lab: Lab) -> str:
    lans = [
        f"  {bridge}: {lan.network}, its LAN's host is {lan.address} (DHCP, a web page)"
        for bridge, lan in ((name, lab.lan(name)) for name in lab.bridges)
    ]
    return WELCOME.format(
        lans="\n".join(lans),
        stand_ins="".join(f"Not the real thing: {text}\n" for text in lab.stand_ins),
        directory=lab.directory,
    )


def _shell() -> str:
    return os.environ.get("SHELL", "/bin/sh")


def _run_in_foreground(lab: Lab, command: list[str]) -> int:
    """Run a command that has the terminal; ^C is for it and not for us."""
    programs = Path(sys.executable).parent
    path = f"{programs}:{lab.environment['PATH']}"
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        code = subprocess.call(
            lab.command_line(command, cwd=Path.cwd()),
            env={**lab.environment, "PATH": path},
            # An ignored signal would stay ignored in the command.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    finally:
        signal.signal(signal.SIGINT, before)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
