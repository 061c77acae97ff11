"""The program `vnetmgr`, also as `python -m vnetmgr`."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress

from vnetmgr.runtime import interrupts


def main() -> None:
    """Start the command line, and end without Python's own clean-up.

    The garbage collector would look through all that the imports make, again and again, 5 ms in
    all, and once more at the end, 14 ms; a command ends before there is any garbage. What runs
    for long enables it again. Nothing is left to clean up: connections and locks are closed, and
    what cannot be written by now (standard error on a full disk) must not change the exit code.
    """
    gc.disable()
    code: object = 0
    try:
        interrupts.install()
        if "_VNETMGR_COMPLETE" in os.environ:  # a shell asks, by a script of completions/
            from vnetmgr.cli.completion.answer import main as run
        else:
            from vnetmgr.cli.app import main as run

        run()
    except SystemExit as end:
        code = end.code
    except KeyboardInterrupt as interrupt:  # before a command begins, or behind its end
        code = 130
        with suppress(OSError):
            _answer(interrupt)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code if isinstance(code, int) else 0)


def _answer(interrupt: KeyboardInterrupt) -> None:
    from vnetmgr.cli.failures import answer, form_asked_for
    from vnetmgr.errors import ExitCode
    from vnetmgr.render import console

    console.settle(form_asked_for(sys.argv[1:]))
    answer(interrupt, ExitCode.INTERRUPTED)


if __name__ == "__main__":
    main()
