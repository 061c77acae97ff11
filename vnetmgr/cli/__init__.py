"""The command line.

A distribution whose typer is too old may put a newer one into `vnetmgr/_vendor`, where no other
program finds it.

Up to 0.16 typer imports rich where it is there, 45 ms at every start, to draw help and errors by
it. Here both are plain text, so it has to find none.
"""

import os
import sys

_CARRIED = os.path.join(os.path.dirname(os.path.dirname(__file__)), "_vendor")  # noqa: PTH118, PTH120
if os.path.isdir(_CARRIED):  # noqa: PTH112 - pathlib is 10 ms
    sys.path.insert(0, _CARRIED)
if not {"rich", "typer"} & sys.modules.keys():
    sys.modules["rich"] = None  # type: ignore[assignment]  # Python's way to say that there is none
    try:
        import typer  # noqa: F401
    finally:
        del sys.modules["rich"]
