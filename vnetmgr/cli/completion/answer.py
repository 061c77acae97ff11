"""Answers a shell: it runs vnetmgr with _VNETMGR_COMPLETE naming it, and gets lines of text.

    bash LINE POINT BREAKS         COMP_LINE, COMP_POINT and COMP_WORDBREAKS
    zsh NUMBER TYPED WORD...       the word at the cursor, by number and as far as it, and all words
    fish TEXT                      the command as far as the cursor
    source_bash, source_zsh, ...   asks for the shell's script

The first line of an answer is `words` (for bash `more`, where the word goes on), `files` or
`folders`; a line for each candidate follows. There is no answer where anything fails; and it is
given within a bounded time: somebody has pressed a key, and waits.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from vnetmgr.cli.completion.candidate import Candidate, Paths, fitting
from vnetmgr.cli.completion.commands import HELP_COMMAND, Command, load_command, root_command
from vnetmgr.cli.completion.known import Known, uri_of_hosts
from vnetmgr.cli.completion.line import Line, named_uri, read_line
from vnetmgr.cli.completion.shells import as_bash, as_fish, as_zsh
from vnetmgr.cli.completion.words import command_words, rest_words
from vnetmgr.cli.completion_files import SHELLS, script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from vnetmgr.cli.completion.candidate import Offer

_BOUND_S = 3.0
"""After so long there is no answer."""


def main() -> None:
    """Print what a shell asks for. It has no place for a message in the middle of a line."""
    asked = os.environ.pop("_VNETMGR_COMPLETE")
    signal.signal(signal.SIGALRM, lambda _signal, _frame: _end())
    signal.setitimer(signal.ITIMER_REAL, _BOUND_S)
    with suppress(Exception, KeyboardInterrupt):
        _write(answer(asked, sys.argv[1:]))
    _end()


def _end() -> NoReturn:
    """End, whatever is under way; with an ssh that libvirt has started and that does not answer."""
    with suppress(OSError):
        for each in Path("/proc/self/task").glob("*/children"):
            for child in each.read_text().split():
                os.kill(int(child), signal.SIGTERM)
    os._exit(0)


def _write(lines: Iterable[str]) -> None:
    """What the shell's own encoding lacks a letter for cannot be typed there, either."""
    encoding = sys.stdout.encoding
    for line in lines:
        with suppress(UnicodeEncodeError):
            sys.stdout.buffer.write(f"{line}\n".encode(encoding))
    sys.stdout.flush()


def answer(asked: str, given: Sequence[str]) -> list[str]:
    """The lines for a shell. Raises whatever is wrong with what was asked."""
    return _SHELLS[asked](*given)


def _bash(line: str, point: str, breaks: str) -> list[str]:
    before, at = line[: int(point)], line[int(point) :]
    *words, word = command_words(before, "bash")
    if word.expands:
        return []
    offer = _offer([each.text for each in words], word.text, rest_words(at, "bash"))
    return as_bash(offer, word, breaks)


def _zsh(number: str, typed: str, *words: str) -> list[str]:
    place = int(number) - 1
    return as_zsh(_offer(words[:place], typed, words[place + 1 :], told=True))


def _fish(text: str) -> list[str]:
    *words, word = command_words(text, "fish")
    if word.expands:
        return []
    return as_fish(_offer([each.text for each in words], word.text, (), told=True))


def _as_click_has_it() -> list[str]:
    """What the scripts of click and typer ask for, which may be installed from before."""
    words = command_words(os.environ.get("COMP_WORDS", ""), "bash")
    place = int(os.environ.get("COMP_CWORD", "0"))
    texts = [*(each.text for each in words), ""]
    offer = _offer(texts[:place], texts[place], ())
    return [] if isinstance(offer, Paths) else [each.text for each in offer]


_SHELLS: Mapping[str, Callable[..., list[str]]] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
    "complete_bash": _as_click_has_it,
    **{f"source_{shell}": lambda *_, shell=shell: [script(shell).rstrip("\n")] for shell in SHELLS},
}


def _offer(words: Sequence[str], typed: str, behind: Sequence[str], *, told: bool = False) -> Offer:
    """What the word at the cursor may become. `told`: whether the shell shows what each is, and has
    its user's own ways to match it with what is typed."""
    rest = _without_program(words)
    known = Known(named_uri(rest))
    if _may_ask(rest, typed, known.uri):
        known.begin()
    line = read_line(rest, typed, behind, load=_load, known=partial(_known, known))
    offer = candidates(line, told=told)
    if isinstance(offer, Paths):
        return offer
    slot = line.slot
    return [
        Candidate(slot.prefix + each.text, each.about, each.more)
        for each in fitting(offer, slot.typed, others=told)
    ]


def _without_program(words: Sequence[str]) -> Sequence[str]:
    """What follows the program's name. Before it there may be variables: libvirt's counts."""
    names = [place for place, word in enumerate(words) if word.rpartition("/")[2] == "vnetmgr"]
    begin = names[0] if names else 0
    for word in words[:begin]:
        name, equals, value = word.partition("=")
        if equals and name == "LIBVIRT_DEFAULT_URI":
            os.environ[name] = value
    return words[begin + 1 :]


def _may_ask(words: Sequence[str], typed: str, uri: str | None) -> bool:
    """Whether libvirt is asked, perhaps: then it is begun with while the command is looked up. Not
    with a host that is far: it would hear of each key that completes an option."""
    from vnetmgr.host.uri import HostUri, chosen_uri

    if any(word.startswith(("--host", "--on-host")) for word in words):
        return False
    is_named = any(not word.startswith("-") for word in words)
    is_value = not typed.startswith("-") or "=" in typed
    return is_named and is_value and not HostUri.parse(chosen_uri(uri)).is_far


def _known(begun: Known, values: Mapping[str, Sequence[str]]) -> Known:
    files, names = values.get("hosts_file", ()), values.get("host_names", ())
    if files or names:
        uri = uri_of_hosts(files[-1] if files else None, names)
        return Known.nothing() if uri is None else Known(uri)
    given = values.get("connect", ())
    uri = given[-1] if given else None
    return begun if begun.uri == uri else Known(uri)


def _load(name: str) -> Command | None:
    """A command by its name; without one, what stands before it."""
    from vnetmgr.cli.catalogue import COMMANDS

    if not name:
        return root_command()
    if name == HELP_COMMAND.name:
        return HELP_COMMAND
    return load_command(name) if name in COMMANDS else None


def candidates(line: Line, *, told: bool = False) -> Offer:
    """What the word at the cursor may become, whatever it begins with."""
    slot = line.slot
    if slot.parameter is not None:
        from vnetmgr.cli.completion.values import completer

        name = line.command.name if line.command is not None else ""
        offer = completer(name, slot.parameter)(slot.typed, line)
        return offer if isinstance(offer, Paths) else _new(offer, line)
    if slot.commands:
        return list(_commands(told=told))
    return list(_flags(line)) if slot.flags else []


def _commands(*, told: bool) -> Iterator[Candidate]:
    """The commands; to say what they do takes 60 ms."""
    from vnetmgr.cli.catalogue import COMMANDS, HELP, summary

    yield from (Candidate(name, summary(name) if told else "") for name in COMMANDS)
    yield Candidate("help", HELP)


def _new(offer: list[Candidate], line: Line) -> list[Candidate]:
    """Without what the same list has already, and without what a command takes for an option."""
    parameter = line.slot.parameter
    if parameter is None or parameter.flags:
        return offer
    given = line.values.get(parameter.name, ()) if parameter.several else ()
    return [
        each
        for each in offer
        if each.text not in given and (line.slot.literal or not each.text.startswith("-"))
    ]


def _flags(line: Line) -> Iterator[Candidate]:
    """The options of the command; those that may be said once, and have been, are left out."""
    command = line.command or root_command()
    for each in command.parameters:
        if each.flags and (each.several or each.name not in line.values):
            long = [flag for flag in each.flags if flag.startswith("--")]
            yield from (Candidate(flag, _first_sentence(each.about)) for flag in long or each.flags)


def _first_sentence(text: str) -> str:
    """What fits into a line beside an option."""
    return re.split(r"(?<!\.\.)\.( |$)", text, maxsplit=1)[0]
