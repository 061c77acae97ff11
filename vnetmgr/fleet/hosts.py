"""The hosts that an administrator has: how each is called, and how it is reached."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from vnetmgr.errors import UsageError, usage_problems
from vnetmgr.model.names import did_you_mean, is_pattern
from vnetmgr.model.record import Record
from vnetmgr.problem import About, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.problem import Place

DEFAULT_FILE = "/etc/vnetmgr/hosts.yaml"
_ABOUT = About("command", field="host")


class ManagedHost(Record):
    """One of them."""

    name: str
    connect: str
    """The URI of its libvirt. It may run a program: only the administrator's file has any."""
    origin: Place | None = None


class Hosts(Record):
    """All of them, in the order in which the file has them."""

    file: str
    hosts: tuple[ManagedHost, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What they are called."""
        return tuple(host.name for host in self.hosts)

    def chosen(self, words: Sequence[str]) -> Hosts:
        """Those that names, or patterns such as `kvm*`, mean; all for no word. Raises UsageError
        with every word that means none."""
        wrong = [word for word in words if not any(_means(word, name) for name in self.names)]
        if wrong:
            texts = (f"{self.file} has no host {word}{_guess(word, self.names)}" for word in wrong)
            hint = f"hosts there: {', '.join(self.names) or 'none'}"
            raise usage_problems([Problem(_ABOUT, text) for text in texts], hint)
        if not self.hosts:
            raise UsageError(f"{self.file} has no hosts", "name one there: kvm1: {connect: URI}")
        kept = (each for each in self.hosts if not words or _any_means(words, each.name))
        return Hosts(file=self.file, hosts=tuple(kept))


def _means(word: str, name: str) -> bool:
    return fnmatchcase(name, word) if is_pattern(word) else name == word


def _any_means(words: Sequence[str], name: str) -> bool:
    return any(_means(word, name) for word in words)


def _guess(word: str, names: Sequence[str]) -> str:
    return f".{did_you_mean(word, names)}"
