"""One option of a group that commands share, as a parameter."""

from __future__ import annotations

import inspect
from typing import Annotated, Any

import typer


def option(
    name: str, kind: object, *flags: str, default: object = None, **more: Any
) -> inspect.Parameter:
    """An option of a group, as a parameter."""
    info = typer.Option(*flags, **more)
    annotation = Annotated[kind, info]  # type: ignore[valid-type]
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )
