"""The program `vnetmgr`, also as `python -m vnetmgr`."""

from __future__ import annotations

import gc


def main() -> None:
    """Start the command line.

    Without the garbage collector: it would look through all that the imports make, again and
    again, 5 ms in all, and a command ends before there is any garbage. What runs for long
    enables it again.
    """
    gc.disable()
    from vnetmgr.cli.app import main as run

    run()


if __name__ == "__main__":
    main()
