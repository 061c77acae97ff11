"""plan, apply and reconcile on several hosts: what is done on one, on each; shown, and agreed to,
as one."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from vnetmgr.api.specs import forwards_alone
from vnetmgr.cli.fleet.shown import document_of, show_answers, shown_fleet
from vnetmgr.cli.prompt import confirmed
from vnetmgr.cli.run_files import RunFiles
from vnetmgr.cli.specs.here import apply_here, approved, plan_here, reconcile_here, refuse_many
from vnetmgr.command import Command
from vnetmgr.errors import SpecError, UsageError, VnetError
from vnetmgr.fleet.hosts_file import load_hosts
from vnetmgr.fleet.specs import GivenSpec, SpecOnHosts, Work, marked
from vnetmgr.fleet.workers import Workers
from vnetmgr.model.plan import Report
from vnetmgr.model.record import replace
from vnetmgr.model.spec import Spec
from vnetmgr.problem import About
from vnetmgr.render import console
from vnetmgr.render.answers.fleet import render_fleet
from vnetmgr.render.answers.read import report_of
from vnetmgr.render.answers.text import Look
from vnetmgr.render.blocks import Form
from vnetmgr.runtime.interrupts import Interrupted
from vnetmgr.spec.files import load_all, load_sound, read_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vnetmgr.cli.options import How
    from vnetmgr.cli.specs.here import Approve, Load, Meant
    from vnetmgr.fleet.answer import Answer, Answers
    from vnetmgr.fleet.hosts import Hosts, ManagedHost
    from vnetmgr.model.desired import Desired

    Local = Callable[[Load, Meant, How, Approve], None]

_OF_ONE = ("SPEC", "--xml", "--this-host", "NAME", "--connect", "URI")
_MODULES = ("vnetmgr.api.host", "vnetmgr.engine.reconcile", "vnetmgr.render.changes")


class OnHosts:
    """One of the three, on the hosts that are meant."""

    def __init__(self, paths: Sequence[str], meant: Meant, how: How) -> None:
        self._paths, self._meant, self._how = paths, meant, how

    def plan(self, *, check: bool, xml: bool) -> None:
        """Show what would be changed."""
        if xml:
            raise UsageError(
                "--xml shows the documents of one host, and --host or --hosts means several",
                f"name that host's libvirt: {Command('plan', *_OF_ONE)}",
                about=About("command", field="xml"),
            )
        with self._spec() as there:
            self._show(there.do(self._planning(check=check)))

    def apply(self, *, asks: bool, max_changes: int | None) -> None:
        """Make the changes; all of them are shown, and agreed to, first."""
        with self._spec() as there:
            if self._how.dry_run:
                self._show(there.do(self._planning()))
                return
            shown = None
            if asks or max_changes is not None:
                plans = there.plan(self._planning())
                shown = _marks(plans, max_changes)
                if asks and not self._agreed(plans):
                    console.note("nothing was changed")
                    return
            self._show(there.do(self._applying(), shown))

    def reconcile(
        self, run_files: RunFiles, *, max_changes: int | None, all_or_nothing: bool
    ) -> None:
        """The same from cron: silent where there is nothing to do."""
        run_files.begin_all(dry_run=self._how.dry_run)
        with self._spec(all_or_nothing=all_or_nothing) as there:
            shown = None
            if max_changes is not None and not self._how.dry_run:
                shown = _marks(there.plan(self._planning()), max_changes)
            answers = there.do(self._reconciling(), shown)
            if not self._how.dry_run:
                run_files.write_all(document_of(answers), list(_reports(answers)))
            self._show(answers, changes_alone=True)

    @contextmanager
    def _spec(self, *, all_or_nothing: bool = True) -> Iterator[SpecOnHosts]:
        """The spec, with its domains looked for."""
        hosts = load_hosts(self._how.hosts_file)
        chosen = hosts.chosen(self._how.host_names)
        given = self._given(hosts, all_or_nothing=all_or_nothing)
        with Workers() as workers:
            there = SpecOnHosts(workers, chosen.hosts, given, timeout_s=self._how.timeout_s)
            if self._paths:
                there.look()
            yield there

    def _given(self, known: Hosts, *, all_or_nothing: bool) -> GivenSpec:
        if not self._paths:
            return GivenSpec(spec=Spec(), texts=())
        texts = tuple(read_files(self._paths))
        load = load_all if all_or_nothing else load_sound
        loaded = load(texts, known=known, apart=True)
        if loaded.problems and all_or_nothing:
            raise SpecError(loaded.problems)
        meant = self._meant
        return GivenSpec(
            spec=loaded.spec,
            texts=texts,
            problems=loaded.problems,
            strict=meant.strict,
            prune=meant.prune,
            revision=meant.revision,
        )

    def _planning(self, *, check: bool = False) -> Work:
        def local(load: Load, meant: Meant, how: How, approve: Approve) -> None:
            del approve
            plan_here(load, meant, how, check=check)

        return self._work("plan", "plan", local, *(("--check",) * check))

    def _applying(self) -> Work:
        return self._work("apply", "report", apply_here, "--yes", *self._of_changes())

    def _reconciling(self) -> Work:
        kind = "plan" if self._how.dry_run else "report"
        return self._work("reconcile", kind, _reconcile_one, *self._of_changes())

    def _of_changes(self) -> Iterator[str]:
        yield f"--lock-timeout={self._how.lock_timeout_s:g}"
        if self._how.dry_run:
            yield "--dry-run"

    def _work(self, command: str, kind: str, local: Local, *more: str) -> Work:
        """`kind`: of its document. `more`: words of its own for the vnetmgr there."""

        def on(host: ManagedHost, desired: Desired, shown: str | None) -> None:
            wanted = desired if self._paths else forwards_alone()
            how = replace(
                self._how, uri=host.connect, form=Form.JSON, hosts_file=None, host_names=()
            )
            local(lambda: wanted, self._meant, how, partial(approved, shown=shown))

        spec = ("-",) if self._paths else ()
        return Work(
            local=on,
            words=(command, *spec, *more, *self._meant.words, *self._how.ovn_words),
            ovn=self._how.ovn,
            kinds=frozenset({kind}),
            modules=_MODULES,
        )

    def _agreed(self, plans: Answers) -> bool:
        """Whether somebody wants these changes; all is well where there are none."""
        if not any(_changes(answer) for answer in plans.each):
            return True
        console.show(render_fleet(shown_fleet(plans, ways=False), form=Form.TABLE, look=self._look))
        try:
            return confirmed("Make these changes?")
        except KeyboardInterrupt:
            raise Interrupted("nothing was changed") from None

    @property
    def _look(self) -> Look:
        return Look(show_waiting=self._meant.show_waiting, summed=True)

    def _show(self, answers: Answers, *, changes_alone: bool = False) -> None:
        """Print what has come of it, and end with the exit code. `changes_alone`: nothing of those
        where nothing happened."""
        shown, look = answers, self._look
        if changes_alone and not self._how.form.for_programs:
            look = replace(look, changes_alone=True)
            told = (each for each in answers.each if not _says_nothing(each))
            shown = replace(answers, each=tuple(told), notes=())
        show_answers(shown, self._how, look)


def _reconcile_one(load: Load, meant: Meant, how: How, approve: Approve) -> None:
    """One host's part, of which word is left for `vnetmgr metrics` as by a reconcile of its own."""
    files = RunFiles({"report_file": None, "metrics_file": None})
    files.begin(how.uri, dry_run=how.dry_run)
    try:
        reconcile_here(load, meant, how, files, approve)
    except VnetError as error:
        files.failed(error)
        raise


def _changes(answer: Answer) -> list[Any]:
    """Those of a plan or report."""
    found = (answer.document or {}).get("changes", [])
    return found if isinstance(found, list) else []


def _reports(answers: Answers) -> Iterator[Report]:
    """Each host's, by its name here; of one that has none, what it failed by. What is of no single
    host is an error of each: none has all that the spec says."""
    for each in answers.each:
        found = Report(host=each.host) if each.document is None else report_of(each.document)
        own = found.errors if each.error is None else (each.error,)
        yield replace(found, host=each.host, errors=(*own, *answers.errors))


def _says_nothing(answer: Answer) -> bool:
    document = answer.document
    is_plan = document is not None and document["kind"] == "plan"
    return is_plan and not (_changes(answer) or (document or {}).get("errors"))


def _marks(plans: Answers, max_changes: int | None) -> dict[str, str]:
    """By host, what tells its plan from another. Raises RefusedError for too many changes."""
    count = sum(len(_changes(answer)) for answer in plans.each)
    refuse_many(count, max_changes, f"the plans of {len(plans.each)} hosts have")
    return {each.host: marked(each.document) for each in plans.each if each.document is not None}
