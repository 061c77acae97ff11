"""From a QEMU command line or a script to the nics that import-qemu shows or attaches."""

from __future__ import annotations

import re
import secrets
from itertools import pairwise
from typing import TYPE_CHECKING

from vnetmgr.api.wants import patch_want
from vnetmgr.cli.forms import Format
from vnetmgr.command import Command
from vnetmgr.errors import UsageError, usage_problems
from vnetmgr.model.desired import Desired
from vnetmgr.model.forward import ForwardWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.options.nics import SOURCE_OPTIONS
from vnetmgr.model.patch import UNSET
from vnetmgr.model.record import Record, replace
from vnetmgr.model.rows.imported import ImportedGuest
from vnetmgr.model.values import Mac
from vnetmgr.printable import printable
from vnetmgr.problem import Place, Problem
from vnetmgr.qemu_args.alternatives import Candidate, choose
from vnetmgr.qemu_args.read import read_arguments
from vnetmgr.qemu_args.shell.commands import ScriptCommand
from vnetmgr.qemu_args.shell.programs import find_qemu
from vnetmgr.qemu_args.words import read_script
from vnetmgr.render import console
from vnetmgr.render.blocks import notes
from vnetmgr.runtime.text_file import read_standard_input, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.model.nic import NicPatch
    from vnetmgr.model.state import State

_CHANGE = "nothing was imported: change what is named here"
_GIVEN = Command("import-qemu", "--", "qemu-system-x86_64", "...")


def _hint() -> str:
    return f"{_GIVEN}, or --file SCRIPT; - reads standard input"


def _remedy() -> str:
    return (
        f"{_CHANGE}; or start the guest with bash -x SCRIPT, and give the command that it prints: "
        f"{_GIVEN}"
    )


class _Command(Record):
    """One QEMU command, and where it is from."""

    command: ScriptCommand
    label: str = ""
    notes: tuple[str, ...] = ()

    @property
    def origin(self) -> Place | None:
        return Place(self.label, self.command.line) if self.label else None

    @property
    def place(self) -> str:
        return str(self.origin or "")


def read_guests(words: Sequence[str], file: str | None) -> tuple[ImportedGuest, ...]:
    """The nics of each QEMU command. Raises UsageError that lists every problem."""
    problems: list[Problem] = []
    commands = _from_words(words) if file is None else _from_file(words, file, problems)
    candidates = [
        Candidate(each.command, read_arguments(each.command.words), _guest_name(each.command.words))
        for each in commands
    ]
    chosen = choose(candidates)
    label = commands[0].label if commands else ""
    problems += [Problem(None, text, origin=Place(label, line)) for line, text in chosen.problems]
    guests = []
    for number in chosen.places:
        command, (_, imported, name) = commands[number], candidates[number]
        prefix = f"{command.place}: " if command.place else ""
        problems += [Problem(None, each, origin=command.origin) for each in imported.problems]
        guest = ImportedGuest(
            place=command.place,
            name=name,
            nics=tuple(nic.patch for nic in imported.nics),
            forwards=tuple(
                (place, forward)
                for place, nic in enumerate(imported.nics)
                for forward in nic.forwards
            ),
            notes=(*command.notes, *(prefix + note for note in imported.notes)),
        )
        guests.append(guest)
    if problems:
        problems.sort(key=lambda problem: problem.place.line if problem.place else 0)
        raise usage_problems(list(dict.fromkeys(problems)), _remedy() if file else _CHANGE)
    return tuple(guests)


def _from_words(words: Sequence[str]) -> list[_Command]:
    if not words:
        raise UsageError("there is no QEMU command to import", _hint())
    if words[0].startswith("-"):
        return [_command(words)]  # the program left out
    at = find_qemu(words).at
    if at is None:
        raise UsageError(f"{words[0]!r} is no QEMU program", _hint())
    return [_command(words[at:])]


def _command(words: Sequence[str]) -> _Command:
    return _Command(command=ScriptCommand(words=tuple(words), line=0))


def _from_file(words: Sequence[str], file: str, problems: list[Problem]) -> list[_Command]:
    if words:
        raise UsageError("a QEMU command and --file: one of the two", _hint())
    label = "<stdin>" if file == "-" else file
    script = read_script(_text(file, label))
    problems += [
        Problem(None, each.text, origin=Place(label, each.line)) for each in script.problems
    ]
    if not script.commands and not problems:
        raise UsageError(f"{label}: no QEMU command in it", _hint())
    notes = tuple(f"{label}:{note.line}: {note.text}" for note in script.notes)
    commands = [_Command(command=each, label=label) for each in script.commands]
    return [replace(each, notes=notes) for each in commands[:1]] + commands[1:]


def _text(file: str, label: str) -> str:
    try:
        return read_standard_input() if file == "-" else read_text(file)
    except OSError as error:
        reason = error.strerror
        raise UsageError(f"{label} cannot be read: {reason}", "name a shell script") from None


def _guest_name(words: Sequence[str]) -> str | None:
    """What `-name web1`, `-name web1,process=x` and `-name guest=web1` call the guest."""
    for option, value in reversed(list(pairwise(words))):
        if option in ("-name", "--name"):
            match = re.match(r"(?:guest=)?((?:[^,=]|,,)+)(?:,(?!,)|$)", value)
            name = match[1].replace(",,", ",") if match else ""
            return name if name.strip() and "/" not in name and name.isprintable() else None
    return None


def attach_desired(
    domain: str, guests: Sequence[ImportedGuest], *, states: frozenset[State]
) -> Desired:
    """The nics of the one guest as new ones of a domain; the planner gives them their MACs."""
    if len(guests) > 1:
        places = ", ".join(guest.place for guest in guests)
        raise UsageError(
            f"--attach {domain}: {len(guests)} QEMU commands ({places}), and a domain is one guest",
            "give the one command after --",
        )
    guest = guests[0]
    nics = tuple(patch_want(domain, nic, states=states) for nic in guest.nics)
    return Desired(nics=nics, forwards=tuple(_forward_wants(domain, guest)))


def _forward_wants(domain: str, guest: ImportedGuest) -> Iterator[ForwardWant]:
    """The forwards that come with the nics."""
    for place, forward in guest.forwards:
        yield ForwardWant(domain=domain, intent=Intent.CREATE, forward=forward, nic=place)


def show_guests(guests: Sequence[ImportedGuest], form: str) -> None:
    """Print the nics, each with a MAC; what has to be said of them goes beside."""
    from vnetmgr.render import imported as render

    guests = [_with_macs(guest) for guest in guests]
    if form == Format.YAML:
        _refuse_unspoken(guests)
    lines = list(_xml_lines(guests)) if form == Format.XML else []
    say_notes(guests)
    if form in (Format.XML, Format.TABLE):
        _say_forwards(guests)
    if form == Format.XML:
        _say_what_xml_cannot(guests)
        console.show(render.render_imported_xml(lines))
    elif form == Format.YAML:
        console.show(render.render_imported_spec(guests))
    elif form == Format.JSON:
        console.show(render.render_imported_json(guests))
    elif form == Format.NAME:
        console.show(render.render_imported_names(guests))
    else:
        console.show(render.render_imported_table(guests))


def say_notes(guests: Sequence[ImportedGuest]) -> None:
    """What the user should know, beside the result."""
    for guest in guests:
        console.show(notes(guest.notes))
        if not guest.nics:
            console.note(f"{_prefix(guest)}no nics")


def _with_macs(guest: ImportedGuest) -> ImportedGuest:
    return replace(guest, nics=tuple(_with_mac(patch) for patch in guest.nics))


def _with_mac(patch: NicPatch) -> NicPatch:
    if patch.mac is not UNSET:
        return patch
    # QEMU's and libvirt's prefix; 52:54:00:12:34:xx is what QEMU gives to every guest.
    while (tail := secrets.token_bytes(3)).startswith(b"\x12\x34"):
        pass
    return replace(patch, mac=Mac(f"52:54:00:{tail.hex(':')}"))


def _xml_lines(guests: Sequence[ImportedGuest]) -> Iterator[str]:
    from vnetmgr.libvirt_xml.nics.write import new_nic

    for guest in guests:
        if len(guests) > 1:
            # "--" would end the comment.
            yield f"<!-- {printable(guest.place).replace('--', '- -')} -->"
        for patch in guest.nics:
            yield new_nic(patch_want("", patch).template or "", patch)


def _say_forwards(guests: Sequence[ImportedGuest]) -> None:
    """They are a domain's, and no part of what is printed of its nics."""
    for guest in guests:
        for place, forward in guest.forwards:
            patch = guest.nics[place]
            to = patch.mac if patch.name is UNSET else patch.name
            console.note(
                f"{_prefix(guest)}forward {forward.text} to nic {to}: no part of a nic; --output "
                "yaml prints it, --attach DOMAIN makes it"
            )


def _say_what_xml_cannot(guests: Sequence[ImportedGuest]) -> None:
    for guest in guests:
        for patch in guest.nics:
            if isinstance(patch.vectors, int):
                console.note(
                    f"{_prefix(guest)}vectors={patch.vectors}: no part of <interface>; --attach "
                    "DOMAIN --config --allow taint sets it"
                )


def _refuse_unspoken(guests: Sequence[ImportedGuest]) -> None:
    """A spec is what attach-nic's options say, and those do not name every kind of source."""
    problems = [
        Problem(None, f"{_prefix(guest)}a spec has no source of the kind {patch.source.mode}")
        for guest in guests
        for patch in guest.nics
        if patch.source is not UNSET and str(patch.source.mode) not in SOURCE_OPTIONS
    ]
    if problems:
        raise usage_problems(problems, "--output xml prints it, --attach DOMAIN attaches it")


def _prefix(guest: ImportedGuest) -> str:
    return f"{guest.place}: " if guest.place else ""
