"""Reports and metrics as files."""

from __future__ import annotations

import os
import sys
from time import time
from typing import TYPE_CHECKING

from vnetmgr.errors import ExitCode, VnetError
from vnetmgr.model.plan import Result
from vnetmgr.printable import printable
from vnetmgr.render import console
from vnetmgr.render.console import json_text
from vnetmgr.render.documents.changes import REPORT, ShownReport
from vnetmgr.runtime import interrupts
from vnetmgr.runtime.whole_file import is_standard_output, refuse_unwritable, write_into

if TYPE_CHECKING:
    from vnetmgr.model.plan import Report


def write_report(report: Report, path: str) -> None:
    """The report as JSON, as --output json prints it. Raises VnetError."""
    text = json_text(REPORT.whole(ShownReport(report))) + "\n"
    with interrupts.later():
        if is_standard_output(path):
            console.answered()  # which is where programs look for this very document
        _replace(path, text)


def write_metrics(report: Report, path: str, *, took_s: float | None = None) -> None:
    """What node_exporter's textfile collector reads. Raises VnetError."""
    _replace(path, metrics_text(report, now_s=time(), took_s=took_s))


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


def metrics_text(report: Report, *, now_s: float, took_s: float | None = None) -> str:
    """Prometheus' text format (prometheus.io, "Exposition formats"). `took_s`: None: a run that had
    not begun."""
    host = _label(report.host)
    results = dict.fromkeys(Result, 0)
    for outcome in report.outcomes:
        results[outcome.result] += 1
    lines = [
        "# HELP vnetmgr_last_run_timestamp_seconds When the last reconcile ended.",
        "# TYPE vnetmgr_last_run_timestamp_seconds gauge",
        f'vnetmgr_last_run_timestamp_seconds{{host="{host}"}} {now_s:.3f}',
        "# HELP vnetmgr_last_run_success Whether it ended without an error.",
        "# TYPE vnetmgr_last_run_success gauge",
        f'vnetmgr_last_run_success{{host="{host}"}} {int(report.exit_code is ExitCode.DONE)}',
        "# HELP vnetmgr_last_run_errors Its errors.",
        "# TYPE vnetmgr_last_run_errors gauge",
        f'vnetmgr_last_run_errors{{host="{host}"}} {len(report.errors)}',
        "# HELP vnetmgr_last_run_changes Its changes, by what became of them.",
        "# TYPE vnetmgr_last_run_changes gauge",
    ]
    lines += (
        f'vnetmgr_last_run_changes{{host="{host}",result="{result}"}} {count}'
        for result, count in results.items()
    )
    if took_s is not None:
        lines += (
            "# HELP vnetmgr_last_run_duration_seconds How long it took.",
            "# TYPE vnetmgr_last_run_duration_seconds gauge",
            f'vnetmgr_last_run_duration_seconds{{host="{host}"}} {took_s:.3f}',
        )
    return "\n".join(lines) + "\n"


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
