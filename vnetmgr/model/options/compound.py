"""Values of several parts: one text on a command line, a map in a spec, by one table.

`10.9.0.0/16,via=192.168.150.2,metric=5` and `{subnet: 10.9.0.0/16, via: 192.168.150.2, metric: 5}`
say the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.record import Row
from vnetmgr.model.show import show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from vnetmgr.model.yaml_text import Plain


class Part(Row):
    """One part: its parser, and how it is shown."""

    parse: Callable[[str], object]
    """Raises ValueError. Of several texts it is given one, with commas between."""
    metavar: str
    """Empty: it is known, and none may be given, as its parser says."""
    several: bool = False
    """`vlan=10,vlan=20`; a list in a spec."""
    flag: bool = False
    """Its name alone says yes."""
    inner: Compound | None = None
    """Its own parts, where it has several: `parse` is its. Their names stand behind it in a text:
    `inbound=10mbit,peak=20mbit`."""


class Compound(Row):
    """A value that is made of parts, which have the names of its fields."""

    what: str
    """Like `a portgroup`."""
    make: Callable[..., object]
    """From the parts that are given, by name. Raises ValueError for what does not go together."""
    first: str
    """The part that a text begins with, with its name or without."""
    parts: Mapping[str, Part]
    needs: tuple[str, ...] = ()
    """The parts that it is nothing without."""
    plain_first: bool = False
    """Whether a text that begins like `vlna=5` is a mistake; `name=vlna=5` says that it is none."""
    is_text: bool = False
    """Whether JSON documents have it as a text: one part alone says most of them."""

    @property
    def notation(self) -> str:
        """How a text says it: `SUBNET,via=ADDRESS[,metric=N]`."""
        shown = ""
        for name, part in self.settable.items():
            word = _dashed(name) if part.flag else f"{_dashed(name)}={part.metavar}"
            if name == self.first:
                shown += part.metavar
            else:
                shown += f",{word}" if name in self.needs else f"[,{word}]"
        return shown

    @property
    def settable(self) -> dict[str, Part]:
        """The parts that may be given."""
        return {name: part for name, part in self.parts.items() if part.metavar}

    def parse(self, text: str) -> object:
        """Read a text of a command line. Raises ValueError that says all that is wrong."""
        texts: dict[str, list[str]] = {}
        last = ""
        for number, word in enumerate(text.split(",")):
            key, value = self._word(word.strip(), number)
            if number and key not in self.parts and self._is_within(last, key):
                texts[last][-1] += f",{word.strip()}"
                continue
            last = key
            misread = number == 0 and self.plain_first and value == word.strip() and "=" in value
            if key not in self.parts or not value or misread:
                known = ", ".join(self._known())
                raise ValueError(f"{word!r} of {text!r} is none of {known}")
            texts.setdefault(key, []).append(value)
        for key, given in texts.items():
            if len(given) > 1 and not self.parts[key].several:
                raise ValueError(f"{text!r} names {_dashed(key)} twice")
        wrong: list[str] = []
        made = self.build(texts, lambda key, error: wrong.append(_said(key, error, self.first)))
        for missing in self.missing(texts):
            wrong.append(f"{text!r} has no {_dashed(missing)}: it is {self.notation}")
        if wrong:
            raise ValueError("; ".join(wrong))
        return made

    def _is_within(self, key: str, word: str) -> bool:
        """Whether a word names a part of the part that stands before it."""
        inner = self.parts[key].inner if key in self.parts else None
        return inner is not None and word in inner.parts

    def missing(self, texts: Mapping[str, object]) -> Iterator[str]:
        """The parts that are needed and not given."""
        return (key for key in self.needs if key not in texts)

    def build(
        self,
        texts: Mapping[str, Sequence[str]],
        wrong: Callable[[str, ValueError], None],
        made: Mapping[str, object] | None = None,
    ) -> object | None:
        """The value of the parts' texts; None where some is wrong, which `wrong` is told by the
        part's name, or is missing. What does not go together is told by the first part's name.
        `made` are parts that are read already."""
        fields: dict[str, object] = dict(made or {})
        for key, given in texts.items():
            try:
                fields[key] = self.parts[key].parse(",".join(given))
            except ValueError as error:
                wrong(key, error)
        if not texts.keys() <= fields.keys() or any(self.missing(texts)):
            return None
        try:
            return self.make(**fields)
        except ValueError as error:
            wrong(self.first, error)
            return None

    def said(self, value: object) -> dict[str, Plain]:
        """The parts of a value that are set, as a spec says them."""
        said: dict[str, Plain] = {}
        for key, part in self.parts.items():
            held = getattr(value, key)
            if held is None or held is False or held == ():
                continue
            if held is True:
                said[key] = True
            elif part.inner is not None:
                said[key] = part.inner.plainly(held)
            else:
                said[key] = list(map(str, held)) if part.several else show(held) or ""
        return said

    def plainly(self, value: object) -> Plain:
        """The same, where the first part alone is said without its name."""
        said = self.said(value)
        plain = said.get(self.first)
        if said.keys() == {self.first} and isinstance(plain, str):
            # A file may be called server=x, which a text has for the name of a part.
            return plain if self._word(plain, 0) == (self.first, plain) else said
        return said

    def text(self, value: object) -> str:
        """A value as `parse` reads it."""
        words: list[str] = []
        for key, held in self.said(value).items():
            inner = self.parts[key].inner
            if inner is not None:
                words.append(f"{_dashed(key)}={inner.text(getattr(value, key))}")
                continue
            if key == self.first:
                plain = not self.plain_first or "=" not in str(held)
                words.append(str(held) if plain else f"{_dashed(key)}={held}")
            elif held is True:
                words.append(_dashed(key))
            else:
                each = held if isinstance(held, list) else [held]
                words += (f"{_dashed(key)}={one}" for one in each)
        return ",".join(words)

    def _word(self, word: str, number: int) -> tuple[str, str]:
        name, equals, value = word.partition("=")
        key = name.replace("-", "_")
        if number == 0 and not (equals and key in self.parts):
            return self.first, word
        if not equals and key in self.parts and self.parts[key].flag:
            return key, "yes"
        return key, value

    def _known(self) -> Iterator[str]:
        for key, part in self.settable.items():
            yield _dashed(key) if part.flag else f"{_dashed(key)}="


def _dashed(key: str) -> str:
    return key.replace("_", "-")


def _said(key: str, error: ValueError, first: str) -> str:
    return str(error) if key == first else f"{_dashed(key)}: {error}"
