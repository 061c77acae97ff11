"""A spec that is held against hosts: the names that it has for them, and what is on each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.cli.fleet.shown import show_answers
from vnetmgr.errors import SpecError
from vnetmgr.fleet.hosts_file import load_hosts
from vnetmgr.fleet.validation import validate_on
from vnetmgr.fleet.workers import Workers
from vnetmgr.model.record import replace
from vnetmgr.spec.files import load_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.cli.options import How


def validate_on_hosts(paths: Sequence[str], how: How) -> None:
    """Say everything that is wrong with a spec, and with each host's part of it there. Ends with
    the one exit code of all."""
    known = load_hosts(how.hosts_file)
    hosts = known.chosen(how.host_names).hosts
    loaded = load_all(paths, known=known)
    with Workers() as workers:
        answers = validate_on(workers, hosts, loaded, timeout_s=how.timeout_s)
    if loaded.problems:
        answers = replace(answers, errors=(SpecError(loaded.problems), *answers.errors))
        if not how.form.for_programs:  # a spec that is wrong is OK nowhere
            answers = replace(answers, each=tuple(e for e in answers.each if e.code))
    show_answers(answers, how)
