"""Decides which unknown parts of a QEMU command matter to its nics, and leaves out the others.

The value of `-kernel` or `-hda` may be anything. What is about the network has to be known; where
it is one of several, all of them have to say the same about it.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.qemu_args.shell.expand import LEFT_OUT, Field
from vnetmgr.qemu_args.shell.programs import SHELLS, find_qemu, informs_only, runs_qemu
from vnetmgr.qemu_args.shell.relevance import (
    Relevance,
    candidates,
    is_machine,
    is_relevant,
    plain_option,
    takes_value,
)
from vnetmgr.qemu_args.shell.values import Hole, Many, Problem, holes, known, notes_of
from vnetmgr.qemu_args.tables import FLAGS, READ_OPTIONS, X86_PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.qemu_args.shell.values import Items, Text

_MOST = 16
# The script itself, as in `exec sudo "$0"`: what it starts is read anyway.
_ITSELF = ("$0", "${0}", "$BASH_SOURCE", "${BASH_SOURCE}", "${BASH_SOURCE[0]}")


class Settled(NamedTuple):
    """What a command is: QEMU's or another's, its words if they are known as far as they count."""

    qemu: bool
    words: tuple[str, ...] | None = None
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()


def settle(fields: Sequence[Field], line: int) -> Settled:
    """Look at a command whose words may be unknown."""
    doubts: list[str] = []
    found: list[tuple[str, list[Field]]] = []
    variants = _variants(list(fields))
    for variant in variants:
        words = [_program_word(field.value) for field in variant]
        qemu = find_qemu(words)
        if qemu.doubt:
            doubts.append(qemu.doubt)
        elif qemu.at is not None:
            found.append((words[qemu.at] or "", variant[qemu.at + 1 :]))
    if not found and not doubts and (text := _passed_to_a_shell(fields)):
        doubts.append(text)
    if found and not doubts and len(found) == len(variants):
        before = fields[: len(fields) - len(found[0][1])]
        return _settle_qemu(found[0][1], before, [name for name, _ in found], line)
    if not found and not doubts:
        return Settled(qemu=False)
    unknown = [each for field in fields for each in _unknown(field)]
    text = doubts[0] if doubts else "whether QEMU is started is not known"
    return Settled(qemu=True, problems=tuple(unknown[:1]) or (Problem(line, text),))


def _settle_qemu(
    rest: list[Field], before: Sequence[Field], programs: list[str], line: int
) -> Settled:
    """A QEMU command: what stands before its options, and these."""
    walk = _Walk(vhost=any("vhost-user" in str(field.value) for field in rest))
    walk.notes += [note for field in before for note in _notes(field)]
    walk.fields(rest)
    program = programs[0]
    names = {name.rpartition("/")[2] for name in programs}
    if "?" in program.rpartition("/")[2] or len({name in X86_PROGRAMS for name in names}) > 1:
        unknown = [each for field in before for each in _unknown(field)]
        walk.machines += unknown[:1] or [Problem(line, "which QEMU runs is not known")]
    words = (program.rpartition("/")[2] if "?" in program else program, *walk.words)
    if informs_only(words):
        return Settled(qemu=True, notes=(Problem(line, "it starts no guest: passed over"),))
    problems = tuple(walk.problems)
    if not problems and walk.machines and _machine_matters(words):
        problems = tuple(
            Problem(each.line, f"{each.text}; the model of a nic depends on the machine")
            for each in walk.machines[:1]
        )
    notes = tuple(walk.notes)
    return Settled(qemu=True, words=None if problems else words, problems=problems, notes=notes)


def _passed_to_a_shell(fields: Sequence[Field]) -> str | None:
    """Why a command may be one that starts QEMU: `sh -c "$X -nic user"`."""
    before: list[str] = []
    for field in fields:
        word = None if isinstance(field.value, Many) else known(field.value)
        if word is not None:
            before.append(word)
            continue
        shells = [each for each in before if each.rpartition("/")[2] in SHELLS]
        if not shells:
            continue
        pieces = () if isinstance(field.value, Many) else field.value
        text = "".join(p if isinstance(p, str) else "kvm" for p in pieces)
        if runs_qemu(text) or (text in ("", "kvm") and before[-1] == "-c"):
            return f"what {shells[0]!r} runs is not known: write the command itself"
    return None


def _machine_matters(words: tuple[str, ...]) -> bool:
    from vnetmgr.qemu_args.read import read_arguments

    machines = ("pc", "q35", "virt", "pseries", "isapc")
    results = [read_arguments((*words, "-machine", machine)) for machine in machines]
    return any(result.nics != results[0].nics for result in results)


def _program_word(value: Text | Many) -> str | None:
    """A word as far as it tells whether it is a program: `?/qemu-kvm`, `qemu-system-?`."""
    if isinstance(value, Many):
        return None
    whole = known(value)
    if whole is not None:
        return whole
    pieces = [piece for piece in value if not isinstance(piece, Problem)]
    if len(pieces) == 1 and isinstance(pieces[0], Hole) and pieces[0].shown in _ITSELF:
        return pieces[0].shown
    last, first = pieces[-1], pieces[0]
    if isinstance(last, str) and "/" in last:
        return "?" + last[last.rindex("/") :]
    if isinstance(first, str) and first.rpartition("/")[2].startswith("qemu-system-"):
        return first + "?"
    if isinstance(first, str) and first.startswith("-"):
        return first + "?"
    return None


def _variants(fields: list[Field]) -> list[list[Field]]:
    """The command with each choice of what stands before or in the place of the program."""
    end = next(
        (
            at
            for at, field in enumerate(fields)
            if not isinstance(field.value, Many)
            and (find_qemu([_program_word(field.value) or ""]).at is not None)
        ),
        min(len(fields), 4),
    )
    choices = [_alternatives(field) for field in fields[:end]]
    if not any(len(each) > 1 for each in choices):
        return [fields]
    total = 1
    for each in choices:
        total *= len(each)
    if total > _MOST:
        return [fields]
    return [
        [field for part in chosen for field in part] + fields[end:] for chosen in product(*choices)
    ]


def _alternatives(field: Field) -> list[list[Field]]:
    value = field.value
    if isinstance(value, Many):
        if value.choices is None or value.repeated:
            return [[field]]
        return [[Field(item, field.line) for item in items] for items in value.choices]
    if len(value) == 1 and isinstance(value[0], Hole) and value[0].choices:
        return [[Field(choice, field.line)] for choice in value[0].choices]
    return [[field]]


def _unknown(field: Field) -> list[Problem]:
    unknown = [field.value] if isinstance(field.value, Many) else holes(field.value)
    return [problem_of(each, field.line) for each in unknown]


def problem_of(unknown: Hole | Many, used: int) -> Problem:
    """What to say about something unknown that matters."""
    line = unknown.line or used
    if line == used or not unknown.line:
        return Problem(line, unknown.why)
    by = f"it is in ${unknown.via}, used in line {used}" if unknown.via else f"used in line {used}"
    return Problem(line, f"{unknown.why} ({by})")


def _notes(field: Field) -> list[Problem]:
    return [] if isinstance(field.value, Many) else notes_of(field.value)


class _Walk:
    """The options of a QEMU command, one after the other."""

    def __init__(self, *, vhost: bool) -> None:
        self.vhost = vhost
        self.words: list[str] = []
        self.problems: list[Problem] = []
        self.notes: list[Problem] = []
        self.machines: list[Problem] = []
        """Why the board is not known."""

    def fields(self, fields: Sequence[Field]) -> bool:
        """Whether the last option has its value."""
        at = 0
        while at < len(fields):
            field = fields[at]
            at += 1
            if isinstance(field.value, Many):
                self._many(field.value, field.line)
                continue
            word = known(field.value)
            self.notes += notes_of(field.value)
            if word is None:
                self._bare(field.value, field.line)
                continue
            if not takes_value(word):
                self.words.append(word)
                continue
            if at == len(fields):
                self.words.append(word)
                return False
            self._valued(word, fields[at])
            at += 1
        return True

    def _valued(self, option: str, field: Field) -> None:
        value = field.value
        if isinstance(value, Many):
            about = plain_option(option) in READ_OPTIONS
            # Nothing would take the next option for its value, which nobody wants.
            wanted = [items for items in value.choices or () if items or about]
            singles = [items[0] for items in wanted if len(items) == 1]
            texts = [item for item in singles if not isinstance(item, Many)]
            if value.left_out:
                self.notes.append(_left_out(field.line))
                return
            if not texts or len(texts) != len(wanted) or value.repeated:
                self.problems.append(problem_of(value, field.line))
                return
            hole = Hole(value.why, value.line, value.shown, tuple(texts), via=value.via)
            value = (hole,)
        if plain_option(option) in READ_OPTIONS:
            self.notes += notes_of(value)
        whole = known(value)
        if whole is not None:
            self.words += [option, whole]
            return
        relevance = Relevance(option, value, vhost=self.vhost)
        if relevance.matters:
            self.problems.append(problem_of(relevance.matters, field.line))
        elif relevance.machine:
            self.machines.append(problem_of(relevance.machine, field.line))
        if relevance.text is not None and not relevance.matters:
            self.words += [option, relevance.text]

    def _bare(self, text: Text, line: int) -> None:
        """A word in an option's place that is not known."""
        unknown = holes(text)
        if all(each.left_out for each in unknown) and len(unknown) == len(text):
            self.notes.append(_left_out(line))
            return
        texts = candidates(text)
        if texts is not None and all(_harmless(each) for each in texts):
            return
        if any(isinstance(piece, str) and "/" in piece for piece in text) and not (
            isinstance(text[0], str) and text[0].startswith("-")
        ):
            return  # the path of an image
        self.problems.append(problem_of(unknown[0], line))

    def _many(self, many: Many, line: int) -> None:
        """Any number of words: they must be whole options that have nothing to do with nics."""
        if many.left_out:
            self.notes.append(_left_out(many.line or line))
            return
        if many.choices is None:
            self.problems.append(problem_of(many, line))
            return
        results = [self._choice(items, line) for items in many.choices]
        kept = [words for words in results if words is not None]
        relevant = [[each for each in words if is_relevant(*each)] for words in kept]
        same = all(each == relevant[0] for each in relevant)
        if len(kept) < len(results) or not same or (many.repeated and relevant[0]):
            self.problems.append(problem_of(many, line))
            return
        machines = [[each for each in words if is_machine(*each)] for words in kept]
        if any(each != machines[0] for each in machines):
            self.machines.append(problem_of(many, line))
        else:
            relevant[0] += machines[0]
        self.words += [word for option in relevant[0] for word in option if word is not None]

    def _choice(self, items: Items, line: int) -> list[tuple[str, str | None]] | None:
        """The options of one choice; None where they are not whole, or not known."""
        walk = _Walk(vhost=self.vhost)
        whole = walk.fields([Field(item, line) for item in items])
        if not whole or walk.problems or walk.machines:
            return None
        found: list[tuple[str, str | None]] = []
        rest = iter(walk.words)
        for word in rest:
            found.append((word, next(rest, None) if takes_value(word) else None))
        return found


def _left_out(line: int) -> Problem:
    return Problem(line, LEFT_OUT)


def _harmless(word: str) -> bool:
    """Whether a word in an option's place says nothing about nics."""
    return not word.startswith("-") or (word in FLAGS and word != "-nodefaults")
