"""From the words of `check-migration` to what it says: which two hosts are meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import called, called_as
from vnetmgr.engine.observe import observe
from vnetmgr.errors import RefusedError, UsageError, VnetError
from vnetmgr.fleet.domains import domains_task
from vnetmgr.fleet.find import There
from vnetmgr.fleet.hosts import DEFAULT_FILE, ManagedHost
from vnetmgr.fleet.hosts_file import load_hosts
from vnetmgr.fleet.ssh import SshTarget
from vnetmgr.fleet.task import Task
from vnetmgr.fleet.workers import Workers
from vnetmgr.host.connect import Host
from vnetmgr.host.uri import chosen_uri
from vnetmgr.migration.called import Called, by_uri
from vnetmgr.migration.compare import compare
from vnetmgr.migration.facts import Side
from vnetmgr.migration.observe import look
from vnetmgr.migration.there import check_of, forwards_of, found_there, unseen, with_seen
from vnetmgr.model.names import check_host_name
from vnetmgr.model.record import replace
from vnetmgr.model.seen.machine import HostMachines
from vnetmgr.model.seen.observed import Scope
from vnetmgr.problem import About
from vnetmgr.render import console
from vnetmgr.render.blocks import Form
from vnetmgr.render.migration import render_migration
from vnetmgr.render.progress import progress
from vnetmgr.runtime.answers import ANSWERS
from vnetmgr.runtime.session import Session

if TYPE_CHECKING:
    from vnetmgr.cli.options import How
    from vnetmgr.fleet.answer import Answer
    from vnetmgr.fleet.hosts import Hosts
    from vnetmgr.model.rows.migration import MigrationCheck

_ABOUT = About("command", field="host")
_QUESTION = "unseen"
"""In what another vnetmgr says first: the things that it cannot see itself."""


def check(how: How, domain: str, to_host: str) -> MigrationCheck:
    """Look at both hosts, and compare. Raises UsageError for what is no host, NotFoundError for a
    domain that is on none that it is looked for on."""
    session = Session.current
    if session is not None and _QUESTION in session.given:
        return _answered(how, to_host, session.given[_QUESTION])
    is_uri = ":" in to_host  # no name of a host has one
    hosts = None if is_uri and not how.of_hosts else load_hosts(how.hosts_file)
    destination = by_uri(to_host) if is_uri or hosts is None else _named(hosts, _one(to_host))
    source: Called = _here(how)
    notes: tuple[str, ...] = ()
    if hosts is not None and how.of_hosts:
        source, notes = _found(hosts, how, domain, to_host)
    compared = _compared if is_uri else _asked
    found = compared(how, domain, source, destination)
    return replace(found, notes=(*notes, *found.notes))


def _compared(how: How, domain: str, source: Called, destination: Called) -> MigrationCheck:
    """By what libvirt tells of both."""
    with (
        progress() as on_progress,
        _connected(how, source) as here,
        _connected(how, destination) as there,
    ):
        on_progress("looking at both hosts")
        return compare(look(domain, (here, source), (there, destination)))


def _asked(how: How, domain: str, source: Called, destination: Called) -> MigrationCheck:
    """The same, in a process of its own, as for all hosts of a file; and what only that host itself
    can see, of the vnetmgr that is there. Where there is none, it stays unseen."""
    host = ManagedHost(name=destination.name, connect=destination.uri)
    of_both = called()

    def local(_: ManagedHost) -> None:
        with called_as(of_both):  # it is about the other one, too
            _show(_compared(how, domain, source, destination))

    comparing = Task(
        local=local,
        kinds=frozenset({"migration-check"}),
        modules=("vnetmgr.render.migration", "vnetmgr.render.documents.migration"),
        timeout_s=how.timeout_s,
    )
    with Workers() as workers:
        answer = _answer(workers, host, comparing, how)
        if answer.document is None:
            raise answer.error or VnetError(f"{destination.name}: no answer")
        check = check_of(answer.document)
        question = unseen(check)
        if not question or SshTarget.of_uri(host.connect) is None:
            return check
        asking = replace(
            comparing,
            local=_not_there,
            words=lambda _: ("check-migration", "--", check.domain, destination.name),
            given=lambda _: {_QUESTION: question},
        )
        answer = _answer(workers, host, asking, how)
    return check if answer.document is None else with_seen(check, check_of(answer.document).items)


def _answer(workers: Workers, host: ManagedHost, task: Task, how: How) -> Answer:
    (answer,) = workers.ask_all((host,), task)
    if workers.interrupted:
        raise KeyboardInterrupt
    for text in answer.notes if how.verbose else ():
        console.note(f"{host.name}: {text}")
    return answer


def _answered(how: How, name: str, question: object) -> MigrationCheck:
    """What another vnetmgr asks this host for, which is to be the guest's."""
    ports = {port for each in forwards_of(question).values() for port in each.host_ports}
    scope = Scope(
        links=True,
        forwards=bool(ports),
        forward_ports=tuple(sorted(ports)),
        overlays=True,
        new_overlays=True,
    )
    with how.host() as host:
        side = Side(
            called=Called(name), observed=observe(host, scope), machines=HostMachines(), links={}
        )
    return found_there(question, side)


def _show(check: MigrationCheck) -> None:
    console.show(render_migration(check, form=Form.JSON))


def _not_there(host: ManagedHost) -> None:
    raise VnetError(f"{host.name}: no vnetmgr is there to be asked")


def _here(how: How) -> Called:
    """Where nothing is said, commands mean that host, too."""
    uri = chosen_uri(how.uri)
    name = how.this_host or uri
    return Called(name, () if how.uri is None else ("--connect", uri), uri)


def _one(name: str) -> str:
    """A host's name. Raises UsageError for what stands for several, and for no name."""
    try:
        return check_host_name(name)
    except ValueError as error:
        hint = "give a name of the hosts file, or a URI such as qemu+ssh://kvm2/system"
        raise UsageError(f"TO_HOST: {error}", hint, about=_ABOUT) from None


def _named(hosts: Hosts, name: str) -> Called:
    """A host of the file, and of which file where that is not the usual one."""
    (host,) = hosts.chosen((name,)).hosts
    file = () if hosts.file == DEFAULT_FILE else ("--hosts", hosts.file)
    return Called(host.name, (*file, "--host", host.name), host.connect)


def _found(hosts: Hosts, how: How, domain: str, to_host: str) -> tuple[Called, tuple[str, ...]]:
    """The host that a domain is on, of those that are chosen, and what to say besides. Where only
    one can be meant, nobody is asked."""
    chosen = hosts.chosen(how.host_names)
    others = [name for name in chosen.names if name != to_host]
    if not others:
        text = f"check-migration is between two hosts, and {to_host} alone is chosen"
        raise UsageError(text, "name with --host that which the guest is on", about=_ABOUT)
    if len(others) == 1 and to_host not in chosen.names:
        return _named(hosts, others[0]), ()
    with Workers() as workers:
        answers = workers.ask_all(chosen.hosts, domains_task(how.timeout_s))
    if workers.interrupted:
        raise KeyboardInterrupt
    for answer in answers:
        if answer.host == to_host and answer.error is not None:
            raise _of_host(to_host, answer.error)
    name, notes = There.of("domain", answers).host_of(domain)
    if name == to_host:
        text = f"domain {domain} is on {to_host} already"
        raise RefusedError(text, "name another host", about=About("domain", domain))
    return _named(hosts, name), notes


def _connected(how: How, called: Called) -> Host:
    """A connection to a host; what fails by it is that host's."""
    ANSWERS.timeout_s = how.timeout_s
    trace = console.trace if how.verbose else None
    try:
        host = Host.connect(called.uri, trace=trace)
    except VnetError as error:
        raise _of_host(called.name, error) from None
    host.ovn = how.ovn
    return host


def _of_host(name: str, error: VnetError) -> VnetError:
    said = error if ":" in name else error.saying(f"{name}: {error.text}")  # URIs are said
    return said.of(About("host", name))
