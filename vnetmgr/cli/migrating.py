"""From the words of `check-migration` to what it says: which two hosts are meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import UsageError, concerning
from vnetmgr.fleet.hosts import DEFAULT_FILE
from vnetmgr.fleet.hosts_file import load_hosts
from vnetmgr.host.connect import Host
from vnetmgr.host.uri import chosen_uri
from vnetmgr.migration.called import Called, by_uri
from vnetmgr.migration.compare import compare
from vnetmgr.migration.observe import look
from vnetmgr.model.names import check_host_name
from vnetmgr.problem import About
from vnetmgr.render import console
from vnetmgr.render.progress import progress
from vnetmgr.runtime.answers import ANSWERS

if TYPE_CHECKING:
    from vnetmgr.cli.options import How
    from vnetmgr.fleet.hosts import Hosts
    from vnetmgr.model.rows.migration import MigrationCheck

_ABOUT = About("command", field="host")


def check(how: How, domain: str, to_host: str) -> MigrationCheck:
    """Look at both hosts, and compare. Raises UsageError for what is no host, NotFoundError for a
    domain that is on none that it is looked for on."""
    is_uri = ":" in to_host  # no name of a host has one
    hosts = None if is_uri and not how.of_hosts else load_hosts(how.hosts_file)
    destination = by_uri(to_host) if is_uri or hosts is None else _named(hosts, _one(to_host))
    source = _among(hosts, how, to_host) if hosts is not None and how.of_hosts else _here(how)
    with (
        progress() as on_progress,
        _connected(how, source) as here,
        _connected(how, destination) as there,
    ):
        on_progress("looking at both hosts")
        return compare(look(domain, (here, source), (there, destination)))


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


def _among(hosts: Hosts, how: How, to_host: str) -> Called:
    """The one host where the domain may be."""
    names = [name for name in hosts.chosen(how.host_names).names if name != to_host]
    if len(names) != 1:
        raise UsageError(
            f"check-migration is of one host, and {len(names)} are chosen beside {to_host}",
            f"name that which the guest is on with --host: {', '.join(names[:8])}",
            about=_ABOUT,
        )
    return _named(hosts, names[0])


def _connected(how: How, called: Called) -> Host:
    """A connection to a host; what fails by it is that host's."""
    ANSWERS.timeout_s = how.timeout_s
    trace = console.trace if how.verbose else None
    with concerning(About("host", called.name)):
        return Host.connect(called.uri, trace=trace)
