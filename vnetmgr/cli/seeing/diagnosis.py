"""From the words of `doctor` to what it says: of a host as it is now, or of a saved file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.doctor.look import diagnosed, look
from vnetmgr.doctor.targets import found_targets, saved_targets
from vnetmgr.errors import ExitCode, UsageError, VnetError
from vnetmgr.model.path.finding import Diagnosis
from vnetmgr.model.path.saved import read_saved, saved
from vnetmgr.model.record import Record, replace
from vnetmgr.render.progress import progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.cli.options import How
    from vnetmgr.doctor.targets import Target
    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.model.plan import Plan, Report


class Examination(Record):
    """What was found; and what would mend it, or what became of what was mended."""

    diagnosis: Diagnosis
    plan: Plan | None = None
    report: Report | None = None

    @property
    def exit_code(self) -> ExitCode:
        """What could not be mended counts before what is broken yet."""
        planned = (
            max((error.exit_code for error in self.plan.errors), default=0) if self.plan else 0
        )
        done = self.report.exit_code if self.report else 0
        return ExitCode(max(planned, done) or self.diagnosis.exit_code)


class Wish(Record):
    """What is asked of doctor besides the nics."""

    probe: bool = False
    fix: bool = False
    save: str | None = None
    readonly: bool = False


def examine(how: How, targets: Sequence[Target], wish: Wish) -> Examination:
    """Look at a host, and mend what is vnetmgr's own to mend where that is asked for."""
    with how.host(readonly=wish.readonly) as host, progress() as on_progress:
        targets = found_targets(host, targets)
        facts, notes = look(host, targets, probe=wish.probe, on_progress=on_progress)
        if wish.save is not None:
            _save(wish.save, facts)
        found = diagnosed(facts, targets, notes)
        if not wish.fix:
            return Examination(diagnosis=found)
        from vnetmgr.doctor.mend import mend, plan_mending, wait_forwarding, wants_of

        wants = wants_of(facts, found.paths)
        if not wants:
            note = "--fix: nothing of what was found is vnetmgr's own to mend"
            return Examination(diagnosis=replace(found, notes=(*found.notes, note)))
        if how.dry_run:
            return Examination(diagnosis=found, plan=plan_mending(host, wants))
        report = mend(host, wants, lock_timeout_s=how.lock_timeout_s, on_progress=on_progress)
        on_progress("waiting until bridges forward what they were given")
        wait_forwarding(facts)
        facts, notes = look(host, targets, probe=wish.probe, on_progress=on_progress)
        return Examination(diagnosis=diagnosed(facts, targets, notes), report=report)


def examine_saved(path: str, targets: Sequence[Target]) -> Examination:
    """Look at what was saved."""
    facts = read_facts(path)
    return Examination(diagnosis=diagnosed(facts, saved_targets(facts, targets), ()))


def read_facts(path: str) -> PathFacts:
    """What was saved. Raises UsageError with the place of what is wrong in it."""
    from vnetmgr.runtime.text_file import read_text

    try:
        return read_saved(read_text(path))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except UsageError as error:
        raise error.saying(f"{path}: {error.text}") from None


def _save(path: str, facts: PathFacts) -> None:
    """For its owner's eyes: who mails it knows what is in it."""
    from vnetmgr.runtime.whole_file import write_into

    try:
        write_into(path, saved(facts), mode=0o600)
    except OSError as error:
        raise VnetError(f"{path} cannot be written: {error.strerror}") from None
