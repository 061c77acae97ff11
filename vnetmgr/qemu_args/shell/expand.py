"""Expands a script's words with what the script itself says; what it does not say is a hole.

Sources: POSIX.1-2017, Shell Command Language, 2.6 Word Expansions; bash(1), EXPANSION. Names of
files are not expanded in commands: `model=?` stays what it is, as in a folder without such a file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.qemu_args.shell.braces import TooManyError, expand_braces, has_braces
from vnetmgr.qemu_args.shell.calculate import UnclearError, calculate
from vnetmgr.qemu_args.shell.parameters import Listed, resolve
from vnetmgr.qemu_args.shell.syntax import (
    Arithmetic,
    Literal,
    Noted,
    Opaque,
    Parameter,
    Substitution,
    Word,
)
from vnetmgr.qemu_args.shell.values import (
    BLANKS,
    Hole,
    Many,
    Problem,
    holes,
    known,
    notes_of,
    text_of,
)

if TYPE_CHECKING:
    from vnetmgr.qemu_args.shell.parameters import Running
    from vnetmgr.qemu_args.shell.syntax import Part
    from vnetmgr.qemu_args.shell.values import Items, Text

LEFT_OUT = "what the script is called with ($@) is left out"
_GLOB = re.compile(r"[*?]|\[.+\]")


class Field(NamedTuple):
    """A word of a command once it is expanded, or a place for any number of them."""

    value: Text | Many
    line: int


class Expander:
    """Expands one word after the other."""

    def __init__(self, run: Running) -> None:
        self.run = run
        self.notes: list[Problem] = []
        """What should be known of words that became none."""

    def fields(self, word: Word, *, files: bool = False) -> list[Field]:
        """What one word becomes. `files`: names of files would be expanded here."""
        words = [word]
        if has_braces(word):
            if not self.run.bash:
                what = "bash makes several words of unquoted {...,...}, sh one: put it in quotes"
                return [Field((Hole(what, word.line, "{...}"),), word.line)]
            try:
                words = expand_braces(word)
            except TooManyError:
                return [Field(Many("{...} makes too many words", word.line), word.line)]
        return [field for each in words for field in self._fields(each, files=files)]

    def _fields(self, word: Word, *, files: bool) -> list[Field]:
        unquoted = "".join(p.text for p in word.parts if isinstance(p, Literal) and not p.quoted)
        if files and _GLOB.search(unquoted) and not re.search(r"^-|[=,]", unquoted):
            why = f"which files {unquoted} finds is not known before the script runs"
            return [Field(Many(why, word.line, unquoted), word.line)]
        building = _Fields(word.line, self.separators())
        self._add_all(self._tilde(word), building)
        building.close()
        last = building.found[-1].value if building.found else None
        if building.notes and last is not None and not isinstance(last, Many):
            building.found[-1] = Field(text_of((*last, *building.notes)), word.line)
        else:
            self.notes += building.notes
        return building.found

    def separators(self) -> str | None:
        """What words are split at: IFS. None: it is not known."""
        if "IFS" not in self.run.state.variables:
            return BLANKS
        value = self.run.state.scalar("IFS")
        return BLANKS if value is None else known(value)

    def text(self, word: Word) -> Text:
        """What an assignment keeps: nothing is split, a list is joined."""
        building = _Fields(word.line, self.separators(), splits=False)
        self._add_all(self._tilde(word), building)
        return building.joined()

    def _tilde(self, word: Word) -> tuple[Part, ...]:
        first = word.parts[0] if word.parts else None
        if isinstance(first, Literal) and not first.quoted and first.text.startswith("~"):
            rest = first._replace(text=re.sub(r"^~[^/:]*", "", first.text))
            return (Opaque("~", first.line, quoted=True), rest, *word.parts[1:])
        return word.parts

    def _add_all(self, parts: tuple[Part, ...], to: _Fields, *, default: bool = False) -> None:
        """`default`: of an unquoted `${X:-...}`, whose text is split as a variable's is."""
        for number, part in enumerate(parts):
            self._add(part, to, default=default, more=number + 1 < len(parts))

    def _add(self, part: Part, to: _Fields, *, default: bool, more: bool) -> None:
        if isinstance(part, Literal):
            to.text((part.text,), splits=default and not part.quoted, more=more)
        elif isinstance(part, Noted):
            to.note(Problem(part.line, part.text))
        elif isinstance(part, Parameter):
            self._parameter(part, to, more=more)
        elif isinstance(part, Arithmetic):
            to.text(self.calculated(part.word, "$((...))"), splits=not part.quoted, more=more)
        elif isinstance(part, Substitution):
            to.text(self.run.substitute(part), splits=not part.quoted, more=more)
        else:
            if part.body is not None:
                self.run.substitute(part)
            what = "the home folder" if part.shown == "~" else part.shown
            to.text(
                (Hole(f"{what} is not run here: write what it gives", part.line, part.shown),),
                splits=False,
                more=more,
            )

    def _parameter(self, part: Parameter, to: _Fields, *, more: bool) -> None:
        found = resolve(part, self)
        if isinstance(found, Listed):
            if found.joined:
                to.text(self._joined(found.items), splits=not part.quoted, more=more)
            else:
                to.items(found.items, quoted=part.quoted, more=more)
        elif isinstance(found, Word):
            if part.quoted:
                to.text(self.text(found), splits=False, more=more)
            else:
                self._add_all(found.parts, to, default=True)
        else:
            to.text(found, splits=not part.quoted, more=more)

    def _joined(self, items: Items) -> Text:
        separators = self.separators()
        if separators is None:
            return (Hole("IFS is not known here, which joins $*", 0, "$*"),)
        return joined(items, separators[:1])

    def calculated(self, word: Word, shown: str) -> Text:
        """The result of a calculation, as a text."""
        number = self.calculate(word)
        if number is not None:
            return (str(number),)
        text = self.text(word)
        first = next(iter(holes(text)), None)
        if first is not None and first.line:
            return (first._replace(choices=None, repeated=False, shown=shown),)
        return (Hole(f"{shown} is not known before the script runs", word.line, shown),)

    def calculate(self, word: Word) -> int | None:
        """The result of a calculation. None: it is not known, nor what it sets."""
        text = known(self.text(word))
        state = self.run.state

        def get(name: str) -> str:
            value = state.scalar(name)
            found = "0" if value is None and state.others is None else known(value or ("",))
            if found is None or (value is None and name not in state.variables):
                raise UnclearError
            return found

        try:
            if text is None:
                raise UnclearError
            return calculate(text, get, lambda name, value: state.put(name, (value,)))
        except UnclearError:
            source = "".join(p.text for p in word.parts if isinstance(p, Literal))
            pattern = r"([A-Za-z_]\w*)\s*(?:[-+*/%&|^]|<<|>>)?=(?!=)|([A-Za-z_]\w*)\s*(?:\+\+|--)"
            pattern += r"|(?:\+\+|--)\s*([A-Za-z_]\w*)"
            for match in re.finditer(pattern, source):
                name = match[1] or match[2] or match[3]
                state.forget(name, "is the result of a calculation", word.line)
            return None


def joined(items: Items, separator: str) -> Text:
    """A list as one text."""
    pieces: list[str | Hole | Problem] = []
    for number, item in enumerate(items):
        pieces += [separator] if number else []
        if isinstance(item, Many):
            choices = None
            if item.choices is not None and not item.repeated:
                choices = tuple(joined(each, separator) for each in item.choices)
            pieces.append(
                Hole(item.why, item.line, item.shown, choices, left_out=item.left_out, via=item.via)
            )
        else:
            pieces += item
    return text_of(pieces)


class _Fields:
    """Fields while they are put together."""

    def __init__(self, line: int, separators: str | None, *, splits: bool = True) -> None:
        self.line, self.separators, self.splits = line, separators, splits
        self.found: list[Field] = []
        self.notes: list[Problem] = []
        self._open = False
        self._pieces: list[str | Hole | Problem] = []
        """Of the last field, as long as more may come: put together once."""

    def close(self) -> list[Field]:
        """The fields so far; what comes next is put to the last of them if it is open."""
        if self._pieces:
            value = self.found[-1].value
            first = () if isinstance(value, Many) else value
            self.found[-1] = Field(text_of((*first, *self._pieces)), self.line)
            self._pieces.clear()
        return self.found

    def joined(self) -> Text:
        self.close()
        whole = joined(tuple(field.value for field in self.found), " ")
        return text_of((*whole, *self.notes))

    def items(self, items: Items, *, quoted: bool, more: bool) -> None:
        """A list: each of it is a word."""
        for number, item in enumerate(items):
            if number:
                self._open = False
            if isinstance(item, Many) and item.left_out and (self._open or more):
                self.note(Problem(item.line or self.line, LEFT_OUT))
            elif isinstance(item, Many):
                self.close().append(Field(item, self.line))
                self._open = False
            else:
                self.text(item, splits=not quoted, more=more or number + 1 < len(items))

    def text(self, text: Text, *, splits: bool, more: bool) -> None:
        """A text. `more`: the word goes on behind it."""
        if not (splits and self.splits):
            self._join(text)
            return
        for note in notes_of(text):
            self.note(note)
        pieces = [piece for piece in text if not isinstance(piece, Problem)]
        for number, piece in enumerate(pieces):
            following = pieces[number + 1] if number + 1 < len(pieces) else None
            if isinstance(piece, str):
                self._split(piece)
            elif piece.choices is not None:
                self._choose(piece, following, more=more)
            else:
                self._join((piece,))

    def note(self, note: Problem) -> None:
        """Something to be known of what comes next, or of nothing."""
        self.notes.append(note)

    def _split(self, text: str) -> None:
        if self.separators is None:
            if not text.isalnum():
                self._join((Hole("IFS is not known here, at which words are split", 0),))
            else:
                self._join((text,))
            return
        if not self.separators:
            self._join((text,))
            return
        white = "".join(char for char in self.separators if char in BLANKS)
        black = "".join(char for char in self.separators if char not in BLANKS)
        if not black:
            pieces = re.split(f"[{re.escape(white)}]+", text)
        else:
            around = f"[{re.escape(white)}]*" if white else ""
            either = f"{around}[{re.escape(black)}]{around}"
            pieces = re.split(f"{either}|[{re.escape(white)}]+" if white else either, text)
        for number, piece in enumerate(pieces):
            if number:
                self._open = False
            if piece or (black and number + 1 < len(pieces) and not self._open):
                self._join((piece,))  # two separators in a row: an empty word between

    def _choose(self, hole: Hole, following: object, *, more: bool) -> None:
        """One of several texts: words of their own where they stand between blanks."""
        choices = hole.choices or ()
        begins = all(not each or _blank(each[0], 0) for each in choices)
        ends = all(not each or _blank(each[-1], -1) for each in choices)
        alone = all(each and not _has_blanks(each) for each in choices)
        starts = not self._open or begins
        stops = (following is None and not more) or _blank(following, 0)
        stops = stops or (ends and not self._open)
        if alone and not hole.repeated:
            self._join((hole,))
        elif starts and stops and self.separators == BLANKS:
            words = []
            for each in choices:
                other = _Fields(self.line, self.separators)
                other.text(each, splits=True, more=False)
                words.append(tuple(field.value for field in other.close()))
            many = Many(hole.why, hole.line, hole.shown, tuple(words), hole.repeated)
            self.close().append(Field(many._replace(via=hole.via, size=hole.size), self.line))
            self._open = False
        else:
            self._join((hole._replace(choices=None),))

    def _join(self, text: Text) -> None:
        if not self._open:
            self.close().append(Field(tuple(self.notes), self.line))
            self.notes.clear()
            self._open = True
        self._pieces += text


def _blank(piece: object, place: int) -> bool:
    return isinstance(piece, str) and piece[place] in BLANKS


def _has_blanks(text: Text) -> bool:
    return any(
        any(char in BLANKS for char in piece)
        if isinstance(piece, str)
        else isinstance(piece, Hole) and piece.choices is not None
        for piece in text
    )
