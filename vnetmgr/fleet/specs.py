"""A spec on many hosts: where its domains are, and on each host what its part of it comes to."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from vnetmgr.errors import LeftOutError
from vnetmgr.fleet.answer import Answers
from vnetmgr.fleet.domains import domains_task, found_domains
from vnetmgr.fleet.overlays import why_here, words_from_here
from vnetmgr.fleet.place import Placement, place
from vnetmgr.fleet.task import Task
from vnetmgr.model.record import Record, replace
from vnetmgr.render.progress import Counted
from vnetmgr.runtime.interrupts import Interrupted
from vnetmgr.spec.parts import Parts
from vnetmgr.spec.placed import Bundle, bundle_document
from vnetmgr.spec.wants import to_desired

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from vnetmgr.fleet.answer import Answer
    from vnetmgr.fleet.hosts import ManagedHost
    from vnetmgr.fleet.workers import Workers
    from vnetmgr.model.desired import Desired
    from vnetmgr.model.overlay.settings import OvnSettings
    from vnetmgr.model.spec import Spec
    from vnetmgr.problem import Problem
    from vnetmgr.spec.files import SpecText


class GivenSpec(Record):
    """A spec as it was read, and as it is meant."""

    spec: Spec
    texts: tuple[SpecText, ...]
    """Its files, for another vnetmgr, which reads them itself."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with parts of it, which are left out."""
    strict: bool = False
    prune: bool = False
    revision: int | None = None
    """Of the spec, whatever that says of it."""


class Work(Record):
    """What is done with a host's part of a spec."""

    local: Callable[[ManagedHost, Desired, str | None], object]
    """Over libvirt, as `Task` says, with the mark of the plan that was shown."""
    words: tuple[str, ...]
    """The command line of the vnetmgr there, which reads the spec from its standard input."""
    kinds: frozenset[str]
    modules: tuple[str, ...] = ()
    ovn: OvnSettings | None = None
    """What the command says of OVN; it counts before what the spec says."""


class SpecOnHosts:
    """A spec while it is carried out on hosts."""

    def __init__(
        self,
        workers: Workers,
        hosts: Sequence[ManagedHost],
        given: GivenSpec,
        *,
        timeout_s: float,
    ) -> None:
        self._workers, self._hosts, self._given = workers, hosts, given
        self._timeout_s = timeout_s
        self._failed: dict[str, Answer] = {}
        """What the hosts said that have failed to answer: nothing more is asked of those."""
        self._placement = Placement(placed={})
        self._parts = Parts(given.spec, {})

    def look(self) -> None:
        """Ask the hosts which domains they have. Of those that do not answer, nobody knows."""
        answers = self._ask(self._hosts, domains_task(self._timeout_s))
        self._go_on()
        found, self._failed = found_domains(answers)
        given, names = self._given, [host.name for host in self._hosts]
        self._placement = place(given.spec.domains, names, found, strict=given.strict)
        self._parts = Parts(given.spec, self._placement.placed)

    def plan(self, work: Work) -> Answers:
        """The same as `do`, where more is to come. Raises Interrupted where somebody has ended
        it."""
        answers = self.do(work)
        self._go_on()
        return answers

    def _go_on(self) -> None:
        if self._workers.interrupted:
            raise Interrupted("nothing was changed")

    def do(self, work: Work, shown: Mapping[str, str] | None = None) -> Answers:
        """Do it on every host that has answered till now; what comes of it on all of them.
        `shown`: the marks of the plans that somebody was shown."""
        hosts = [host for host in self._hosts if host.name not in self._failed]
        answers = self._ask(hosts, self._task(work, shown or {}))
        by_host = {answer.host: answer for answer in answers} | self._failed
        self._failed |= {answer.host: answer for answer in answers if answer.document is None}
        return Answers(
            each=tuple(by_host[host.name] for host in self._hosts),
            notes=self._placement.notes,
            errors=(*map(_left_out, self._given.problems), *self._placement.errors),
        )

    def _ask(self, hosts: Sequence[ManagedHost], task: Task) -> tuple[Answer, ...]:
        with Counted([host.name for host in hosts]) as counted:
            return self._workers.ask_all(hosts, task, counted)

    def _task(self, work: Work, marks: Mapping[str, str]) -> Task:
        bundle = Bundle(files=self._given.texts, placed=self._placement.placed)
        document = bundle_document(bundle)
        return Task(
            local=lambda host: work.local(host, self._part(host), marks.get(host.name)),
            words=lambda _: (*work.words, *words_from_here(work.ovn, self._given.spec.ovn)),
            given=lambda host: {**document, "shown": marks.get(host.name)},
            kinds=work.kinds,
            modules=work.modules,
            here=partial(why_here, work.ovn, self._given.spec.ovn),
            timeout_s=self._timeout_s,
        )

    def _part(self, host: ManagedHost) -> Desired:
        """What is wanted there. What is wrong in the spec is told once, and not by each host."""
        given = self._given
        part = self._parts.of(host.name)
        wanted = to_desired(
            part,
            strict=given.strict,
            prune=given.prune,
            problems=given.problems,
            revision=given.revision,
        )
        return replace(wanted, spec=wanted.spec and replace(wanted.spec, problems=()))


def _left_out(problem: Problem) -> LeftOutError:
    return LeftOutError([problem])


def marked(plan: Mapping[str, Any]) -> str:
    """What tells one plan of a host from another, by its document: what was shown is what is
    carried out."""
    from hashlib import sha256

    text = json.dumps(plan["changes"], sort_keys=True, ensure_ascii=False)
    return sha256(text.encode(errors="surrogatepass")).hexdigest()
