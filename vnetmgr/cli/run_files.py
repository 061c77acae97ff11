"""What reconcile leaves for monitoring: a report and metrics, on every end that it may come to."""

from __future__ import annotations

import os
import re
from functools import partial
from time import monotonic, time
from typing import TYPE_CHECKING, Any

from vnetmgr.cli.failures import as_ours, given
from vnetmgr.cli.option import of_option
from vnetmgr.errors import ExitCode, VnetError, usage_problems
from vnetmgr.problem import Problem
from vnetmgr.render import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.model.plan import Report
    from vnetmgr.render.blocks import Data

_HOST = re.compile(r'^vnetmgr_last_run_success\{host="((?:[^"\\]|\\.)*)"\} ', re.MULTILINE)


class RunFiles:
    """Where they go, and whether they have been written."""

    def __init__(self, paths: dict[str, Any]) -> None:
        self._report: str | None = paths["report_file"]
        self._metrics: str | None = paths["metrics_file"]
        self._over = False
        self._began: float | None = None
        self._key: str | None = None
        self._all = False
        """Whether it is of several hosts."""

    @classmethod
    def of_words(cls, words: Sequence[str]) -> RunFiles:
        """As a command line names them that cannot be read as a whole."""
        flags = {"report_file": "--report-file", "metrics_file": "--metrics-file"}
        said = {key: given(words, flag) or [""] for key, flag in flags.items()}
        return cls({key: values[-1] or None for key, values in said.items()})

    def begin(self, uri: str | None, *, dry_run: bool) -> None:
        """Raise UsageError, before anything is done, for files that cannot be written. A dry run is
        no run: they stay as they are."""
        from vnetmgr.host.uri import HostUri, chosen_uri

        # Until libvirt says how the host is called.
        self._key = HostUri.parse(chosen_uri(uri)).lock_key(os.uname().nodename)
        self._check(dry_run=dry_run)

    def _check(self, *, dry_run: bool) -> None:
        from vnetmgr.render.files import unwritable

        self._over, self._began = dry_run, monotonic()
        problems = []
        if self._report is not None and (problem := unwritable(self._report)):
            problems.append(Problem(of_option("--report-file"), problem))
            self._report = None  # it is not tried once more
        if self._metrics is not None and (
            problem := unwritable(self._metrics) or self._beside_result()
        ):
            problems.append(Problem(of_option("--metrics-file"), problem))
            self._metrics = None
        if problems:
            raise usage_problems(problems, "nothing was touched; name another file")

    def begin_all(self, *, dry_run: bool) -> None:
        """The same for several hosts, each of which leaves word for itself."""
        self._all = True
        self._check(dry_run=dry_run)

    def of_host(self, key: str) -> None:
        """Which host it is, by the key of its lock."""
        self._key = key

    def write(self, report: Report) -> None:
        """The run came to its end. Raises VnetError for what could not be written."""
        from vnetmgr.render.documents.changes import REPORT, ShownReport

        self._leave_word(report)
        self._write(REPORT.whole(ShownReport(report)), [report])

    def write_all(self, result: Data, reports: Sequence[Report]) -> None:
        """The same of several hosts, of which each has a report."""
        self._write(result, reports)

    def _write(self, result: Data, reports: Sequence[Report]) -> None:
        from vnetmgr.render.files import write_metrics, write_result

        errors = []
        told = partial(write_result, result)
        measured = partial(write_metrics, *reports, took_s=self._took_s)
        for write, path in ((told, self._report), (measured, self._metrics)):
            try:
                if path is not None:
                    write(path=path)
            except VnetError as error:
                errors.append(error)
        self._over = True
        for each in errors[1:]:
            console.complain(each)
        if errors:
            raise errors[0]

    @property
    def _took_s(self) -> float | None:
        return None if self._began is None else monotonic() - self._began

    def _beside_result(self) -> str | None:
        """Why there can be no metrics where programs read the result; a report is that result."""
        from vnetmgr.runtime.whole_file import is_standard_output

        form = console.form()
        if not form.for_programs or self._metrics is None or not is_standard_output(self._metrics):
            return None
        what = "document" if form.is_document else "names"
        return f"--metrics-file {self._metrics}: with --output {form} it has the {what} alone"

    def failed(self, error: BaseException) -> None:
        """It ended by an error; that one, and no other, is what is said."""
        if self._beside_result():
            self._metrics = None
        if self._over:
            return
        from vnetmgr.model.plan import Report

        report = Report(host=self._host(), errors=(as_ours(error),))
        try:
            self._write_failed(report)
        except VnetError as second:
            console.complain(second)

    def _write_failed(self, report: Report) -> None:
        if not self._all:
            self.write(report)
            return
        from vnetmgr.render.documents.fleet import FLEET, ShownFleet

        self._write(FLEET.whole(ShownFleet((), (), report.errors)), [report])

    def _leave_word(self, report: Report) -> None:
        """For `vnetmgr metrics`. A run that gave way to another was none."""
        took_s = self._took_s
        if took_s is None or self._key is None or report.exit_code is ExitCode.LOCKED:
            return
        from vnetmgr.local.last_run import leave_last_run
        from vnetmgr.model.rows.last_run import LastRun

        leave_last_run(self._key, LastRun.of(report, ended_s=time(), duration_s=took_s))

    def _host(self) -> str:
        """The host's name, which libvirt tells, and perhaps did not: as the metrics before have
        it, so that this is the same time series."""
        from vnetmgr.runtime.text_file import read_regular

        try:
            found = _HOST.search(read_regular(self._metrics)) if self._metrics else None
        except OSError:
            found = None
        if found is None:
            return os.uname().nodename
        return re.sub(r"\\(.)", r"\1", found[1])
