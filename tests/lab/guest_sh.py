"""`guest-sh`: run a command in a guest of a lab that somebody else has opened."""

import argparse
import sys
from pathlib import Path

from tests.lab.console import Console
from tests.lab.errors import GuestError


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="guest-sh", description=__doc__)
    parser.add_argument("--timeout", type=float, default=30)
    parser.add_argument("console", type=Path, metavar="GUEST", help="its console's socket")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    try:
        code, output = Console(options.console).run(" ".join(options.command), options.timeout)
    except GuestError as error:
        sys.exit(f"guest-sh: {error}")
    if output:
        print(output)
    return code


if __name__ == "__main__":
    sys.exit(main())
