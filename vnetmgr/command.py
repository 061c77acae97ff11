"""Commands of vnetmgr's in messages: each works as it is copied from there.

What a command line was told of libvirt, of hosts and of OVN's database, a command that it shows has
to be told as well, or it is about another libvirt. Whoever writes a message knows nothing of that.
So a message has a `Command` in it, and this module alone says how one is spelled, as a catalogue of
translations does with words. JSON has them as text has; Python has plain ones, as it knows what it
called.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.printable import shell_word

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

ALONE = frozenset({"schema", "example-spec", "serve-ssh"})
"""The commands that talk to no libvirt."""
ASKING = frozenset(
    {
        *("attach-nic", "update-nic", "detach-nic", "create-domain", "list-nics"),
        *("create-network", "update-network", "delete-network", "start-network", "stop-network"),
        *("restart-network", "list-networks", "show-network", "list-leases"),
        *("reserve-address", "release-address", "add-dns-record", "remove-dns-record"),
        *("plan", "apply", "reconcile", "watch", "export", "doctor", "trace"),
        *("prepare-migration", "check-migration"),
    }
)
"""Those that look at OVN's northbound database, where an overlay is concerned."""
ON_HOST = frozenset({"add-dns-record", "remove-dns-record"})
"""Those whose --host means another thing."""


class Called(NamedTuple):
    """What a command line was told, and those have to be told that it shows."""

    connect: str | None = None
    hosts_file: str | None = None
    hosts: tuple[str, ...] = ()
    """The words that choose hosts of that file."""
    ovn_nb: str | None = None

    def on(self, host: str) -> Called:
        """The same for what one of its hosts says."""
        of_hosts = self.hosts_file is not None or self.hosts
        return self._replace(hosts=(host,)) if of_hosts else self

    def place(self, name: str, words: Collection[str] = ()) -> Iterator[str]:
        """The options of a command that say which libvirt is meant, unless its words do."""
        flag = "--on-host" if name in ON_HOST else "--host"
        if name in ALONE or not {"--connect", "--this-host", flag}.isdisjoint(words):
            return
        if self.connect is not None:
            yield from ("-c", self.connect)
        if self.hosts_file is not None:
            yield from ("--hosts", self.hosts_file)
        for host in self.hosts:
            yield from (flag, host)

    def database(self, name: str, *, there: bool) -> Iterator[str]:
        """Those that say where OVN's is. `there`: to another machine, which has other sockets."""
        told = self.ovn_nb
        if told and name in ASKING and not (there and "unix:" in told):
            yield from ("--ovn-nb", told)


class _State:
    called = Called()


def called() -> Called:
    """What the command line was told that is carried out."""
    return _State.called


@contextmanager
def called_as(told: Called) -> Iterator[None]:
    """Commands that are shown meanwhile are told this."""
    before, _State.called = _State.called, told
    try:
        yield
    finally:
        _State.called = before


class Command:
    """One: `str` is how a shell takes it."""

    def __init__(self, name: str, *words: str, there: bool = False) -> None:
        """`words`: behind its name. `there`: it is for another machine, to which this one's libvirt
        and hosts mean nothing."""
        self._name, self._words, self._there = name, words, there

    def __str__(self) -> str:
        return " ".join(map(shell_word, ("vnetmgr", self._name, *self._told(), *self._words)))

    def _told(self) -> Iterator[str]:
        """What this command line was told, too."""
        if "--help" in self._words:
            return
        if not self._there:
            yield from _State.called.place(self._name, self._words)
        yield from _State.called.database(self._name, there=self._there)
