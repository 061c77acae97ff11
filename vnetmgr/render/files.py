"""Reports and metrics as files."""

from __future__ import annotations

import os
import sys
from collections import Counter
from time import time
from typing import TYPE_CHECKING

from vnetmgr.errors import ExitCode, VnetError
from vnetmgr.model.plan import Result
from vnetmgr.printable import printable
from vnetmgr.render import console
from vnetmgr.render.console import json_text
from vnetmgr.runtime import interrupts
from vnetmgr.runtime.whole_file import is_standard_output, refuse_unwritable, write_into

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vnetmgr.model.plan import Report
    from vnetmgr.render.blocks import Data


def write_result(document: Data, path: str) -> None:
    """A command's document, as --output json prints it. Raises VnetError."""
    text = json_text(document) + "\n"
    with interrupts.later():
        if is_standard_output(path):
            console.answered()  # which is where programs look for this very document
        _replace(path, text)


def write_metrics(*reports: Report, path: str, took_s: float | None = None) -> None:
    """What node_exporter's textfile collector reads, of each host's run. Raises VnetError."""
    _replace(path, metrics_text(*reports, now_s=time(), took_s=took_s))


def write_text(text: str, path: str) -> None:
    """A text that a command made, a spec. Raises VnetError."""
    _replace(path, text)


def unwritable(path: str) -> str | None:
    """Why a file could not be written, as far as can be told before anything is done."""
    if not path:
        return "a file to be written has no name"
    try:
        refuse_unwritable(path)
    except OSError as error:
        return f"{path} cannot be written: {error.strerror}"
    return None


def metrics_text(*reports: Report, now_s: float, took_s: float | None = None) -> str:
    """Prometheus' text format (prometheus.io, "Exposition formats"). `took_s`: None: a run that had
    not begun."""
    values: list[tuple[str, str, Callable[[Report], Mapping[str, object]]]] = [
        ("timestamp_seconds", "When the last reconcile ended.", lambda _: {"": f"{now_s:.3f}"}),
        ("success", "Whether it ended without an error.", _success),
        ("errors", "Its errors.", lambda report: {"": len(report.errors)}),
        ("changes", "Its changes, by what became of them.", _results),
    ]
    if took_s is not None:
        values.append(("duration_seconds", "How long it took.", lambda _: {"": f"{took_s:.3f}"}))
    lines = []
    for name, text, read in values:
        metric = f"vnetmgr_last_run_{name}"
        lines += [f"# HELP {metric} {text}", f"# TYPE {metric} gauge"]
        for report in reports:
            host = f'host="{_label(report.host)}"'
            lines += (f"{metric}{{{host}{more}}} {each}" for more, each in read(report).items())
    return "\n".join(lines) + "\n"


def _success(report: Report) -> Mapping[str, object]:
    return {"": int(report.exit_code is ExitCode.DONE)}


def _results(report: Report) -> Mapping[str, object]:
    counts = Counter(outcome.result for outcome in report.outcomes)
    return {f',result="{result}"': counts[result] for result in Result}


def _label(text: str) -> str:
    return printable(text).replace("\\", r"\\").replace('"', r"\"")


def _replace(path: str, text: str) -> None:
    try:
        sys.stdout.flush()  # which the file may be
        # As a file that is made with open(): node_exporter runs as another user.
        write_into(path, text, mode=0o666 & ~_umask())
    except OSError as error:
        raise VnetError(
            f"{path} cannot be written: {error.strerror}", "what the command did is done"
        ) from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
