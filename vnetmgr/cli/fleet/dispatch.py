"""From a command line that names hosts to an answer of each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from vnetmgr.cli.failures import of_command
from vnetmgr.cli.fleet.commands import ON_HOSTS, OnHosts, Reach
from vnetmgr.cli.fleet.exported import show_exports
from vnetmgr.cli.fleet.shown import chosen_columns, show_answers
from vnetmgr.cli.fleet.together import show_metrics, show_pictures
from vnetmgr.cli.fleet.words import words_of
from vnetmgr.cli.options import How
from vnetmgr.errors import UsageError, VnetError
from vnetmgr.fleet.answer import Answers
from vnetmgr.fleet.domains import domains_task, networks_task, sensible
from vnetmgr.fleet.find import There
from vnetmgr.fleet.hosts_file import load_hosts
from vnetmgr.fleet.overlays import why_here, words_from_here
from vnetmgr.fleet.task import Task
from vnetmgr.fleet.workers import Workers
from vnetmgr.model.record import Record
from vnetmgr.problem import About
from vnetmgr.render.answers.text import Look
from vnetmgr.render.blocks import Form
from vnetmgr.render.files import unwritable
from vnetmgr.render.progress import Counted

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from vnetmgr.cli.options import Group
    from vnetmgr.fleet.answer import Answer
    from vnetmgr.fleet.hosts import Hosts, ManagedHost

_ABOUT = About("command", field="host")


class Call(Record):
    """A command, and the values of its options and arguments."""

    name: str
    parameters: tuple[inspect.Parameter, ...]
    given: Mapping[str, Any]
    how: How
    do: Callable[[dict[str, Any]], None]
    """Does it here, with such values."""

    @property
    def kind(self) -> OnHosts:
        """What it is for several hosts."""
        return ON_HOSTS[self.name]

    def words(self) -> tuple[str, ...]:
        """What it names domains or networks by."""
        found = self.given.get(self.kind.names or "") or ()
        return (found,) if isinstance(found, str) else tuple(found)

    def asked(self, words: Sequence[str]) -> dict[str, Any]:
        """The values that a host is asked with: these words instead of all; what is shown or
        written here is not its own to say."""
        name, kept = self.kind.names, self.kind.here
        values = {key: each for key, each in self.given.items() if key not in kept}
        if name is None or isinstance(values.get(name), str):
            return values
        return {**values, name: list(words)}


def on_hosts(
    name: str,
    parameters: Sequence[inspect.Parameter],
    groups: Iterable[Group],
    given: dict[str, Any],
    do: Callable[[dict[str, Any]], None],
) -> None:
    """Do a command on the hosts that it names. Ends with the one exit code of all."""
    if ON_HOSTS[name].reach is Reach.OWN:
        do(given)
        return
    # What is wrong with its options is told once, and not by each host.
    values = [group.value(dict(given)) for group in groups]
    how = next(each for each in values if isinstance(each, How))
    call = Call(name=name, parameters=tuple(parameters), given=given, how=how, do=do)
    _refuse_odd(call)
    columns = chosen_columns(call.kind.kinds, call.given, call.how)
    known = load_hosts(call.how.hosts_file)
    hosts = known.chosen(call.how.host_names)
    _refuse_several(call, hosts)
    with Workers() as workers:
        answers = _answers(call, hosts, workers)
    if call.name == "export":
        show_exports(answers, known, call.how, call.given.get("file"))
    elif call.name == "topology":
        show_pictures(answers, call.how, call.given.get("file"))
    elif call.name == "metrics" and not call.how.form.for_programs:
        show_metrics(answers, call.how)
    else:
        show_answers(answers, call.how, Look(columns=columns, each_alone=_asks_for_nics(call)))


def _asks_for_nics(call: Call) -> bool:
    """Whether doctor is asked for single nics, and for nothing else."""
    words = call.words() if call.name == "doctor" else ()
    return bool(words) and all("/" in word for word in words)


def _answers(call: Call, hosts: Hosts, workers: Workers) -> Answers:
    where = _where(call, hosts, workers)
    asked = [host for host in hosts.hosts if host.name in where.words]
    with Counted([host.name for host in asked]) as counted:
        found = workers.ask_all(asked, _task(call, where.words), counted)
    by_host = {each.host: each for each in (*where.failed, *found)}
    each = tuple(by_host[name] for name in hosts.names if name in by_host)
    return Answers(each=each, notes=where.notes, errors=where.errors)


def _refuse_odd(call: Call) -> None:
    """Raise UsageError for what is about this machine alone."""
    for name in call.kind.here_alone:
        if call.given.get(name):
            flag = f"--{name.replace('_', '-')}"
            text = f"{flag} is about this machine, and --host or --hosts about others"
            raise UsageError(text, "leave one of them out", about=_ABOUT)
    file = call.given.get("file") if "file" in call.kind.here else None
    if file is not None and (problem := unwritable(file)):
        raise UsageError(problem, "nothing was looked at; name another file")
    if call.name == "import-qemu":
        _refuse_odd_import(call)


def _refuse_odd_import(call: Call) -> None:
    if call.given.get("attach") is None:
        text = "import-qemu alone prints nics, which are on no host"
        raise UsageError(text, "--attach DOMAIN gives them to a domain there", about=_ABOUT)
    if call.given.get("file") == "-":
        text = "--file - is read by who works for the host, whose standard input is another"
        raise UsageError(text, "write the script into a file, and name that", about=_ABOUT)


def _refuse_several(call: Call, hosts: Hosts) -> None:
    reach = call.kind.reach
    one = reach is Reach.ONE or (reach is Reach.DOMAIN and not call.words())
    if one and len(hosts.hosts) > 1:
        flag = "--on-host" if call.name.endswith("-dns-record") else "--host"
        raise UsageError(
            f"{call.name} is done on one host, and {len(hosts.hosts)} are chosen",
            f"name one with {flag}: {', '.join(hosts.names[:8])}",
            about=_ABOUT,
        )


class _Where(Record):
    """On which hosts a command is done, each with the words that it is asked with there."""

    words: Mapping[str, tuple[str, ...]]
    failed: tuple[Answer, ...] = ()
    """What those have said that did not answer where something is: nothing more is asked there."""
    notes: tuple[str, ...] = ()
    errors: tuple[VnetError, ...] = ()


def _where(call: Call, hosts: Hosts, workers: Workers) -> _Where:
    """One host need not be asked where something is."""
    words, timeout_s = call.words(), call.how.timeout_s
    if not words or len(hosts.hosts) == 1:
        return _Where(words=dict.fromkeys(hosts.names, words))
    what = "network" if call.kind.networks else "domain"
    task = networks_task(timeout_s) if what == "network" else domains_task(timeout_s)
    with Counted(hosts.names) as counted:
        answers = workers.ask_all(hosts.hosts, task, counted)
    if what == "domain":
        answers = sensible(answers)
    failed = tuple(each for each in answers if each.document is None)
    there = There.of(what, answers)
    if workers.interrupted:
        raise KeyboardInterrupt
    if not there.by_host:
        return _Where(words={}, failed=failed)
    called = {word: word.partition("/")[0] if what == "domain" else word for word in words}
    try:
        if call.kind.reach is Reach.DOMAIN:
            host, notes = there.host_of(called[words[0]])
            return _Where(words={host: words}, notes=notes)
        found = there.words_on(tuple(called.values()))
    except VnetError as error:
        return _Where(words={}, failed=failed, errors=(error,))
    asked = {
        host: tuple(word for word in words if called[word] in known)
        for host, known in found.items()
    }
    return _Where(words=asked, failed=failed)


def _task(call: Call, words: Mapping[str, tuple[str, ...]]) -> Task:
    """The command itself."""

    def local(host: ManagedHost) -> None:
        alone = {"connect": host.connect, "output": Form.JSON, "host_names": (), "hosts_file": None}
        values = {**call.asked(words[host.name]), **alone, "quiet": True}
        try:
            call.do(values)
        except VnetError as error:
            raise of_command(error, call.name) from None

    def words_there(host: ManagedHost) -> Sequence[str]:
        name, *others = words_of(call.name, call.parameters, call.asked(words[host.name]))
        more = words_from_here(call.how.ovn) if call.kind.asks_ovn else ()
        return [name, *more, *others]

    return Task(
        local=local,
        words=None if call.kind.over_libvirt else words_there,
        kinds=frozenset(call.kind.kinds),
        modules=("vnetmgr.api.host", *call.kind.modules),
        here=partial(why_here, call.how.ovn),
        timeout_s=call.how.timeout_s,
    )
