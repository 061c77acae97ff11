"""Run a command in the next Debian: `python -m tests.lab.next [--backend nftables] COMMAND...`.

Where it brings up a lab, that is one of the next Debian's libvirt and QEMU, and `--backend` is
how libvirt's networks build their firewall.
"""

import argparse
import os
import sys

from tests.lab.cache import use_after_exec
from tests.lab.errors import LabError
from tests.lab.next.root import entering_next, why_no_next_root


def main() -> None:
    """Become the command."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.lab.next",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--backend", choices=("iptables", "nftables"), default="iptables")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND")
    options = parser.parse_args()
    if not options.command:
        parser.error("no command")
    if reason := why_no_next_root():
        sys.exit(f"lab: {reason}")
    try:
        argv, environment = entering_next(options.command, firewall_backend=options.backend)
    except LabError as error:
        sys.exit(f"lab: {error}")
    use_after_exec()
    os.execve(argv[0], argv, environment)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
