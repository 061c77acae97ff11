"""How ssh reaches the host that a URI of libvirt's names."""

from __future__ import annotations

import os
import re
import shlex
import stat
import subprocess
import tempfile
from contextlib import suppress
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import quote, unquote, urlsplit
from zlib import crc32

from vnetmgr.fleet.uris import host_of, parameters
from vnetmgr.host.uri import DEFAULT_URI
from vnetmgr.model.record import Record
from vnetmgr.printable import shell_word

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST_PATH = 108 - 1 - 17 - 49  # sockaddr_un, its end, what ssh adds for a moment, and ours
_RUN = Path("/run")
_PLAIN = "[A-Za-z0-9/._+-]+"  # ssh reads quotes, blanks and percent signs in its own way
_PERSIST_S = 10
_END_S = 2.0


class SshTarget(Record):
    """A host, and the libvirt that is meant there."""

    program: str
    options: tuple[str, ...]
    host: str
    connect: str | None
    """Its URI there; None: the system's, as for everybody."""

    @classmethod
    def of_uri(cls, uri: str) -> Self | None:
        """The host of qemu+ssh://HOST/...; None for every other URI."""
        try:
            parts = urlsplit(uri)
            host, port, user = parts.hostname, parts.port, parts.username
        except ValueError:
            return None
        if parts.scheme != "qemu+ssh" or not host:
            return None
        named = parameters(parts.query)
        options: list[str] = []
        if port is not None:
            options += ["-p", str(port)]
        if user:
            options += ["-l", unquote(user)]
        if keyfile := named.get("keyfile"):
            options += ["-i", keyfile]
        if named.get("no_verify", "0") not in ("", "0"):
            options += ["-o", "StrictHostKeyChecking=no"]
        return cls(
            program=named.get("command") or "ssh",
            options=tuple(options),
            host=host_of(uri),
            connect=named.get("name") or _there(parts.path, named.get("socket")),
        )

    @property
    def by_hand(self) -> str:
        """How somebody gets there, as a shell takes it."""
        return " ".join(map(shell_word, (self.program, *self.options, self.host)))

    def words(
        self, command: Sequence[str], *, connect_s: float, control: ControlFolder
    ) -> list[str]:
        """The command line that runs a command there."""
        settings = [
            "BatchMode=yes",
            "EscapeChar=none",
            "LogLevel=ERROR",
            "ClearAllForwardings=yes",
            "ForwardAgent=no",
            "RemoteCommand=none",
            "ServerAliveInterval=3",
            "ServerAliveCountMax=3",
            *([f"ConnectTimeout={ceil(connect_s)}"] if connect_s else []),
            *control.settings((self.program, *self.options)),
        ]
        named = [word for setting in settings for word in ("-o", setting)]
        return [self.program, "-T", *self.options, *named, "--", self.host, shlex.join(command)]


def _there(path: str, socket: str | None) -> str | None:
    """What libvirt's URI is there, where it is not the one that is meant without any."""
    if socket is not None:
        return f"qemu+unix://{path}?socket={quote(socket)}"
    uri = f"qemu://{path}"
    return None if uri == DEFAULT_URI else uri


class ControlFolder:
    """Where the sockets of connections lie that several commands share. One that was killed leaves
    connections that end by themselves, and take their sockets with them."""

    def __init__(self) -> None:
        self._prefix = _own_folder()

    def settings(self, way: Sequence[str]) -> list[str]:
        """ssh's. Only what goes the same way shares a connection: with another key, the same user
        of the same host may do other things."""
        if self._prefix is None:
            return ["ControlMaster=no", "ControlPath=none"]
        path = f"ControlPath={self._prefix}{crc32(repr(way).encode()):08x}-%C"
        return ["ControlMaster=auto", path, f"ControlPersist={_PERSIST_S}"]

    def close(self) -> None:
        """End the connections, side by side."""
        if self._prefix is None:
            return
        ending = []
        for socket in self._prefix.parent.glob(f"{self._prefix.name}*"):
            with suppress(OSError):
                words = ["ssh", "-F", "none", "-o", f"ControlPath={socket}", "-O", "exit", "it"]
                null = subprocess.DEVNULL
                ending.append(subprocess.Popen(words, stdin=null, stdout=null, stderr=null))
        for process in ending:
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _own_folder() -> Path | None:
    """How the sockets of this process are called, in a folder that nobody else can look into."""
    base = _RUN if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(base or tempfile.gettempdir()) / f"vnetmgr-ssh-{os.geteuid()}"
    prefix = folder / f"{os.getpid()}-"
    try:
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        found = folder.lstat()
    except OSError:
        return None
    private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
    fits = len(str(prefix)) <= _LONGEST_PATH and re.fullmatch(_PLAIN, str(prefix))
    return prefix if private and found.st_uid == os.geteuid() and fits else None
