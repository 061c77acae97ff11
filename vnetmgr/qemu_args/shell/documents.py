"""Here-documents and redirections: what is fed to a command, and where its output goes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vnetmgr.qemu_args.shell.syntax import Literal, Opaque, Simple, Substitution, Word
from vnetmgr.qemu_args.shell.values import Problem, known

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vnetmgr.qemu_args.shell.expand import Expander
    from vnetmgr.qemu_args.shell.state import State
    from vnetmgr.qemu_args.shell.syntax import Pipeline, Redirection
    from vnetmgr.qemu_args.shell.values import Text

_QEMU_LINE = re.compile(
    r"(?m)(?:^|[;&|(=\s/'\"])(?:qemu-system-[\w.-]+|qemu-kvm|qemu|kvm)[\"']?\s+(?:\\\n\s*)?[-$\"']"
)
_SHELLS = frozenset(
    {
        *("sh", "bash", "dash", "ash", "ksh", "zsh", "ssh", "sudo", "su", "doas", "chroot", "eval"),
        *("xargs", "at", "batch", "env", "exec", "nsenter", "unshare", "runuser", "docker"),
        *("systemd-run", "busybox", "lxc", "podman", "source", ".", "parallel"),
    }
)


_WRITTEN = (
    "a QEMU command is written into a file here, and is not among these: import that file for its "
    "nics"
)
_NO_SCRIPT = re.compile(r"/dev/.*|.*\.(log|txt|out)")


def writes_file(redirections: Iterable[Redirection]) -> bool:
    """Whether output goes into a file that may be run later."""
    return any(
        each.operator in (">", ">>", ">|", "&>")
        and each.descriptor in ("", "1")
        and not _NO_SCRIPT.fullmatch(each.target.literal or "")
        for each in redirections
    )


def looks_like_qemu(text: str) -> bool:
    """Whether a QEMU command with options stands in a text."""
    return bool(_QEMU_LINE.search(text))


class Documents:
    """What here-documents do."""

    state: State
    expander: Expander
    problems: list[Problem]
    notes: list[Problem]
    captures: int
    into_file: int
    """How many of the groups around write into a file."""

    def substitute(self, part: Substitution | Opaque) -> Text:
        raise NotImplementedError

    def documents(self, redirections: Iterable[Redirection], program: str) -> None:
        """Look at what is fed to a program: a QEMU command in it must not be passed over."""
        to_file = writes_file(redirections)
        for each in redirections:
            for part in each.target.parts:
                if isinstance(part, Opaque) and part.body is not None:
                    self.substitute(part)
            document = each.document
            if each.operator == "<<<":
                text, line = known(self.expander.text(each.target)) or "", each.target.line
            elif document is None:
                continue
            else:
                text, line = document.text, document.line
                self._substituted(document.body)
            if not looks_like_qemu(text):
                continue
            name = program.rpartition("/")[2]
            if name in _SHELLS:
                what = (
                    f"a QEMU command in what is fed to {name!r} is not read: write it into the "
                    "script itself, or give it after --"
                )
                self.problems.append(Problem(line, what))
            elif to_file or name == "tee":
                self.notes.append(Problem(line, _WRITTEN))

    def says(self, text: str, command: Simple) -> None:
        """What `echo` and `printf` write, unless it is for `$(...)`."""
        if (self.into_file or writes_file(command.redirections)) and looks_like_qemu(text):
            self.notes.append(Problem(command.line, _WRITTEN))

    def _substituted(self, body: Word | None) -> None:
        for part in body.parts if body is not None else ():
            if isinstance(part, Substitution):
                self.substitute(part)

    def feeds(self, command: Pipeline) -> None:
        """A pipeline that writes a QEMU command into a shell."""
        last = command.commands[-1]
        word = last.words[0] if isinstance(last, Simple) and last.words else None
        name = (word.literal or "").rpartition("/")[2] if isinstance(word, Word) else ""
        if name not in _SHELLS:
            return
        for each in command.commands[:-1]:
            if not isinstance(each, Simple):
                continue
            texts = [
                redirection.document.text
                for redirection in each.redirections
                if redirection.document
            ]
            words = [word for word in each.words if isinstance(word, Word)]
            texts.append(
                " ".join(
                    "".join(p.text if isinstance(p, Literal) else "$" for p in word.parts)
                    for word in words
                )
            )
            if any(map(looks_like_qemu, texts)):
                what = f"a QEMU command that is fed to {name!r} is not read: give it after --"
                self.problems.append(Problem(command.line, what))

    def document_text(self, command: Simple) -> Text | None:
        """What a command reads from its here-document."""
        for each in reversed(command.redirections):
            if each.document is not None and each.document.body is not None:
                return self.expander.text(each.document.body)
            if each.operator == "<<<":
                return (*self.expander.text(each.target), "\n")
        return None

    def redirected(self, redirections: Iterable[Redirection], before: Text) -> None:
        """Output that goes elsewhere is none of `$(...)`."""
        for each in redirections:
            if each.descriptor in ("", "1") and each.operator in (
                ">",
                ">>",
                ">|",
                "&>",
                "&>>",
                ">&",
            ):
                self.state.output = before
