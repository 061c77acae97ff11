"""What a service runs, and what its unit has to be let do for that, beside what it is anyway."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vnetmgr.cli.option import of_option
from vnetmgr.errors import UsageError
from vnetmgr.model.record import Record, replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vnetmgr.cli.options import How
    from vnetmgr.model.desired import Policy

_TEMPORARY = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - which a unit has of its own


class Runs(Record):
    """A command line, and the files that it writes."""

    words: tuple[str, ...]
    read: tuple[str, ...]
    """Its program, its spec, and the file of hosts."""
    written: tuple[str, ...]
    uri: str | None
    of_hosts: bool = False
    """Whether it is for hosts that are reached from here, this machine among them perhaps."""

    def with_words(self, *words: str) -> Runs:
        """The same with more options."""
        return replace(self, words=(*self.words, *words))

    def rights(self) -> Iterator[tuple[str, str]]:
        """Settings of a unit (systemd.exec(5)), and the paths in them."""
        from vnetmgr.host.uri import HostUri

        for folder in dict.fromkeys(os.path.dirname(path) for path in self.written):  # noqa: PTH120
            yield "ReadWritePaths", f"-{folder}"
        if any(_is_temporary(path) for path in (*self.read, *self.written)):
            yield "PrivateTmp", "no"
        parts = HostUri.parse(self.uri or "")
        # An alias may lead anywhere, and so may what a file of hosts has.
        if parts.is_far or self.of_hosts or (self.uri and not parts.driver):
            # ssh keeps what it learns of hosts there, and libvirt takes all rights from it.
            yield "ReadWritePaths", "-/root/.ssh"
            yield "CapabilityBoundingSet", "CAP_SETPCAP"
        if parts.is_far:
            # This machine's network is none of its business.
            yield "CapabilityBoundingSet", "~CAP_NET_ADMIN CAP_NET_RAW CAP_KILL CAP_SYS_PTRACE"


def service_runs(
    command: str, spec: Sequence[str], files: Mapping[str, str | None], policy: Policy, how: How
) -> Runs:
    """A command of this vnetmgr's: nothing of the caller's directory or environment counts.
    `files`: option -> what it names. Raises UsageError."""
    program, paths = _program(), [_there(path) for path in spec]
    written = {flag: _to_be_written(flag, path) for flag, path in files.items() if path is not None}
    words = [*program, command, *paths]
    uri = None if how.of_hosts else how.uri or os.environ.get("LIBVIRT_DEFAULT_URI")
    hosts = [_there(how.hosts_file)] if how.hosts_file is not None else []
    words += _on_which(how, uri, hosts)
    words += [*how.ovn_words, "--timeout", f"{how.timeout_s:g}"]
    if policy.allow:
        words += ["--allow", ",".join(sorted(policy.allow))]
    for flag, path in written.items():
        words += [flag, path]
    for word in words:
        if not word.isprintable():
            raise UsageError(f"{word!r} has a line break or control character in it")
    return Runs(
        words=tuple(words),
        read=(program[0], *paths, *hosts),
        written=tuple(written.values()),
        uri=uri,
        of_hosts=how.of_hosts,
    )


def _on_which(how: How, uri: str | None, hosts: Sequence[str]) -> Iterator[str]:
    """The words that say which hosts it is for."""
    for flag, values in {
        "--connect": [uri] if uri else [],
        "--hosts": hosts,
        "--host": [",".join(how.host_names)] if how.host_names else [],
    }.items():
        yield from (word for value in values for word in (flag, value))
    if how.this_host is not None:
        yield f"--this-host={how.this_host}"


def _program() -> list[str]:
    """This vnetmgr; `python -m vnetmgr` where it was called so, or not by a file of its own."""
    called = sys.argv[0]
    if os.path.basename(called) == "vnetmgr" and os.path.isfile(called):  # noqa: PTH113, PTH119
        return [os.path.abspath(called)]  # noqa: PTH100 - a link to it may outlive it
    return [sys.executable, "-m", "vnetmgr"]


def _there(path: str) -> str:
    """A spec's absolute path; links stay as they are."""
    if path == "-":
        raise UsageError("a service cannot read its spec from standard input")
    if not os.path.exists(path):  # noqa: PTH110 - as abspath
        raise UsageError(f"{path}: there is no such file or directory")
    return os.path.abspath(path)  # noqa: PTH100


def _to_be_written(flag: str, path: str) -> str:
    """The absolute path of a file that the service makes, in a directory that is there."""
    found = os.path.abspath(path)  # noqa: PTH100 - links stay as they are
    folder = os.path.dirname(found)  # noqa: PTH120
    why = None
    if not path or path.endswith("/"):
        why = "a file to be written has no name"
    elif not os.path.isdir(folder):  # noqa: PTH112
        why = f"{folder} is no directory"
    elif folder == "/":
        why = "its directory is made writable for the service, which / is not to be"
    if why is not None:
        raise UsageError(f"{flag} {path}: {why}", "name another file", about=of_option(flag))
    return found


def _is_temporary(path: str) -> bool:
    """Whether a path is in a directory that a service has one of its own of."""
    return any(
        place in (each, *each.parents)
        for place in _TEMPORARY
        for each in (Path(path), Path(path).resolve())
    )
