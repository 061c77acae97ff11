"""What a RELAX NG schema of libvirt's lets be said: every attribute and every text of an element,
by its path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lxml.etree import _Element as Element

_RNG = "{http://relaxng.org/ns/structure/1.0}"
_TEXTS = ("text", "data", "value", "list")


class Schema:
    """A grammar with what it includes."""

    def __init__(self, file: Path) -> None:
        self._defines: dict[str, list[Element]] = {}
        self._read(file)

    def paths(self, name: str) -> dict[str, frozenset[str]]:
        """The paths below the element that a definition is, each with the words that it takes;
        none: it takes more than words."""
        found: dict[str, set[str]] = {}
        (element,) = (node for define in self._defines[name] for node in define)
        for path, words in self._content(element, ""):
            found.setdefault(path, set()).update(words)
        return {path: frozenset(words) for path, words in found.items()}

    def _read(self, file: Path) -> None:
        root = etree.parse(str(file)).getroot()
        for node in root.iter(f"{_RNG}define"):
            self._defines.setdefault(node.get("name", ""), []).append(node)
        for node in root.iter(f"{_RNG}include"):
            self._read(file.parent / node.get("href", ""))

    def _content(self, element: Element, path: str) -> Iterator[tuple[str, set[str]]]:
        """What is in an element or a part of its content."""
        texts: list[Element] = []
        for node in self._flat(element):
            tag, name = str(node.tag).removeprefix(_RNG), node.get("name")
            if tag in _TEXTS:
                texts.append(node)
            elif name is None:
                yield path, set()  # anything
            elif tag == "attribute":
                words = {(each.text or "") for each in self._flat(node) if _is_word(each)}
                yield f"{path}.{name}".lstrip("."), words
            else:
                prefix = "" if node.get("ns") is None else "dnsmasq:"
                yield from self._content(node, f"{path}.{prefix}{name}".lstrip("."))
        if texts:
            yield path, {(each.text or "") for each in texts if _is_word(each)}

    def _flat(self, node: Element) -> Iterator[Element]:
        """Attributes, elements and texts, out of all that only groups them."""
        for each in node.iterchildren("*"):
            tag = str(each.tag).removeprefix(_RNG)
            if tag == "ref":
                for define in self._defines[each.get("name", "")]:
                    yield from self._flat(define)
            elif tag in ("attribute", "element", *_TEXTS):
                yield each
            elif tag not in ("anyName", "nsName", "except", "empty", "notAllowed"):
                yield from self._flat(each)


def _is_word(node: Element) -> bool:
    return node.tag == f"{_RNG}value"
