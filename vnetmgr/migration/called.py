"""How people and commands call a host."""

from __future__ import annotations

from urllib.parse import urlsplit

from vnetmgr.command import Command
from vnetmgr.host.uri import HostUri
from vnetmgr.model.record import Row
from vnetmgr.printable import shell_word


class Called(Row):
    """One of the two."""

    name: str
    """As it was asked for: of the hosts file, or its URI."""
    options: tuple[str, ...] = ()
    """What a command of vnetmgr's is told; none: it is this machine."""
    uri: str = ""
    """What other programs are told."""

    def command(self, *words: str) -> str:
        """A command of vnetmgr's for this host, as a shell takes it."""
        name, *others = words
        return str(Command(name, *others, *self.options))

    def there(self, *words: str) -> str:
        """One that does what only that machine can do: by ssh, where vnetmgr does not get there so
        by itself."""
        at = HostUri.parse(self.uri)
        named = "--host" in self.options
        if not at.host or (named and at.transport in ("ssh", "libssh", "libssh2")):
            return self.command(*words)
        name, *others = words
        return f"{shell('ssh', _login(self.uri))} {Command(name, *others, there=True)}"


def by_uri(uri: str) -> Called:
    """A host that no file names."""
    return Called(uri, ("--connect", uri), uri)


def shell(*words: str) -> str:
    """A command as a shell takes it, whatever is in the names."""
    return " ".join(map(shell_word, words))


def _login(uri: str) -> str:
    parts = urlsplit(uri)
    user = f"{parts.username}@" if parts.username else ""
    return f"{user}{parts.hostname}"
