"""The command line.

Up to 0.16 typer imports rich where it is there, 45 ms at every start, to draw help and errors by
it. Here both are plain text, so it has to find none.
"""

import sys

if not {"rich", "typer"} & sys.modules.keys():
    sys.modules["rich"] = None  # type: ignore[assignment]  # Python's way to say that there is none
    try:
        import typer  # noqa: F401
    finally:
        del sys.modules["rich"]
