"""YAML as nodes that know their place. The only importer of yaml.

Composed, not loaded: a scalar stays the text that it is. Plain YAML would make a number of an
unquoted 52:54:00:12:34:22.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TypeAlias

import yaml

from vnetmgr.model.names import did_you_mean
from vnetmgr.printable import printable
from vnetmgr.problem import About, NamesOptionsError, Place, Problem, behind, in_spec, problem_at

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

Node: TypeAlias = yaml.Node
Pairs: TypeAlias = "dict[str, tuple[Node, Node]]"
"""Key -> (its node, its value's)."""
Places: TypeAlias = dict[tuple[object, object], Place]
"""(where a want stands, one of its values or keys) -> where that stands."""

# The tags that YAML gives to what is written without one. Whatever else stands in a file was
# written there, and asks for something that no file here has: !!python/name, !vault.
_CORE = "tag:yaml.org,2002:"
_SCALAR_TAGS = frozenset(
    f"{_CORE}{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value")
)
_NULL, _MAP, _LIST = f"{_CORE}null", f"{_CORE}map", f"{_CORE}seq"
_TEXT = f"{_CORE}str"
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


class _Resolver:
    """A text is a text: it is not held against the pattern of each type that it may look like,
    which is a third of the time that composing takes."""

    def descend_resolver(self, parent: Node | None, index: object) -> None:
        """Nothing depends on where a node is."""

    def ascend_resolver(self) -> None:
        """Nor here."""

    def resolve(self, kind: type[Node], value: str | None, implicit: tuple[bool, bool]) -> str:
        """The tag of what is written without one."""
        if kind is yaml.ScalarNode:
            return _NULL if implicit[0] and value in _NULLS else _TEXT
        return _MAP if kind is yaml.MappingNode else _LIST


# libyaml where it is; the same nodes, ten times slower, without.
_LOADER = type("_Loader", (_Resolver, getattr(yaml, "CSafeLoader", yaml.SafeLoader)), {})


class Document:
    """One file while it is read, and everything that is wrong in it."""

    def __init__(
        self,
        file: str,
        problems: list[Problem],
        places: Places | None = None,
        *,
        kind: str = "spec",
    ) -> None:
        self.file, self.kind = file, kind
        self.problems = problems
        self.places: Places = {} if places is None else places
        self.whose = About("file", file)
        """What a problem that is found now is about."""

    @contextmanager
    def about(self, part: About) -> Iterator[None]:
        """What is wrong meanwhile is a problem of that part alone."""
        before, self.whose = self.whose, part
        try:
            yield
        finally:
            self.whose = before

    def root(self, text: str) -> Node | None:
        """The document's node; None where there is none, which is a problem as well."""
        try:
            root = yaml.compose(text, Loader=_LOADER)
        except yaml.composer.ComposerError as error:
            self._marked(error, f"another document begins here, and a file holds one {self.kind}")
            return None
        except yaml.MarkedYAMLError as error:
            self._marked(error)
            return None
        except yaml.reader.ReaderError as error:
            self._add(*_position(text, error.position), f"this is no YAML: {error.reason}")
            return None
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            self._add(1, 1, f"this is no YAML: {' '.join(str(error).split())}")
            return None
        if root is None:
            self._add(1, 1, f"the file is empty; a {self.kind} begins with version: 1")
        elif "*" in text and (inner := _inside_itself(root)) is not None:
            self.problem(inner, "an alias (*) may not stand within what it names")
            return None
        return root

    def _marked(self, error: yaml.MarkedYAMLError, second: str | None = None) -> None:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        said = " ".join(filter(None, (error.context, error.problem)))
        # One class is for this, for an alias of nothing and for an anchor that stands twice.
        if second is not None and "single document" in said:
            self._add(line, column, second)
        else:
            self._add(line, column, f"this is no YAML: {said}")

    def origin(self, node: Node) -> Place:
        """Where a node stands."""
        mark = node.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1)

    def problem(self, node: Node, message: str, field: str | None = None) -> None:
        """Something is wrong with a node."""
        self.problem_at(self.origin(node), message, field)

    def wrong(self, node: Node, key: str, error: ValueError, field: str | None = None) -> None:
        """A key's value is wrong, as who parsed it says; several keys may be of one field."""
        text = error.said(str) if isinstance(error, NamesOptionsError) else str(error)
        self.problem(node, behind(f"{key}: ", text), field or key)

    def problem_at(self, origin: Place, message: str, field: str | None = None) -> None:
        """The same where the node is known no more."""
        about = self.whose._replace(field=field)
        self.problems.append(problem_at(origin, printable(in_spec(message)), about))

    def _add(self, line: int, column: int, message: str) -> None:
        self.problem_at(Place(self.file, line, column), message)

    def parts(self, node: Node, what: str, kind: Literal["domain", "network"]) -> Pairs:
        """The pairs of a mapping of parts: one that stands twice is that part's problem."""
        return self.pairs(node, what, lambda name: About(kind, name))

    def pairs(self, node: Node, what: str, part: Callable[[str], About] | None = None) -> Pairs:
        """A mapping's pairs; what is none, and keys that stand twice, are problems."""
        found: Pairs = {}
        if not isinstance(node, yaml.MappingNode):
            self._no_map(node, what)
            return found
        if node.tag != _MAP:
            self._tagged(node, what)
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == _NULL:
                self.problem(key, f"a key of {what} has to be a word")
            elif key.tag not in _SCALAR_TAGS:
                self._tagged(key, f"a key of {what}")
            elif key.value in found:
                first = self.origin(found[key.value][0])
                with self.about(self.whose if part is None else part(key.value)):
                    self.problem(key, f"{key.value} stands twice in {what}; first at {first}")
            else:
                found[key.value] = (key, value)
        return found

    def _no_map(self, node: Node, what: str) -> None:
        if self.is_null(node):
            self.problem(node, f"{what} has no value; write {{}} for none at all")
        else:
            self.problem(node, f"{what} has to be a map (key: value), not {_kind(node)}")

    def known(self, pairs: Pairs, keys: Collection[str], what: str) -> Iterator[tuple[str, Node]]:
        """(key, value) of the keys that are known; the others are problems."""
        for key, (node, value) in pairs.items():
            if key in keys:
                yield key, value
            else:
                self.unknown(node, key, keys, what)

    def unknown(self, node: Node, key: str, keys: Collection[str], what: str) -> None:
        """A problem: there is no such key."""
        guess = did_you_mean(key, keys)
        self.problem(node, f"{key} is no key of {what}.{guess}".removesuffix("."))

    def items(self, node: Node, what: str) -> list[Node]:
        """A list's items; anything else is a list of one."""
        if not isinstance(node, yaml.SequenceNode):
            return [node]
        if node.tag != _LIST:
            self._tagged(node, what)
        return list(node.value)

    def text(self, node: Node, what: str) -> str | None:
        """A scalar's text; None for what is none, which is a problem."""
        if not isinstance(node, yaml.ScalarNode):
            self.problem(node, f"{what} has to be one value, not {_kind(node)}")
            return None
        if node.tag == _NULL:
            self.problem(node, f"{what} has no value; write none to clear it")
            return None
        if node.tag not in _SCALAR_TAGS:
            self._tagged(node, what)
            return None
        text: str = node.value
        return text

    def texts(self, nodes: Iterable[Node], what: str) -> list[str] | None:
        """The texts of several; None if any has none, which is a problem."""
        found = [self.text(node, what) for node in nodes]
        texts = [text for text in found if text is not None]
        return texts if len(texts) == len(found) else None

    def _tagged(self, node: Node, what: str) -> None:
        tag = node.tag.replace(_CORE, "!!")
        self.problem(node, f"{what}: {self.kind}s have no tags, like {tag}")

    def is_map(self, node: Node) -> bool:
        """Whether a node is a map."""
        return isinstance(node, yaml.MappingNode)

    def is_list(self, node: Node) -> bool:
        """Whether a node is a list."""
        return isinstance(node, yaml.SequenceNode)

    def is_null(self, node: Node) -> bool:
        """Whether there is nothing at all, or one of YAML's words for it."""
        return bool(node.tag == _NULL)


def _kind(node: Node) -> str:
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return "a map" if isinstance(node, yaml.MappingNode) else "a single value"


def _position(text: str, offset: int) -> tuple[int, int]:
    """Line and column of a character that YAML cannot have; libyaml counts bytes of UTF-8."""
    if issubclass(_LOADER, yaml.SafeLoader):
        before = text[:offset]
    else:
        before = text.encode("utf-8", "replace")[:offset].decode("utf-8", "ignore")
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _inside_itself(root: Node) -> Node | None:
    """A node that an alias makes a part of itself; None where none is."""
    above: set[int] = set()
    done: set[int] = set()
    stack: list[tuple[Node, bool]] = [(root, False)]
    while stack:
        node, left = stack.pop()
        if left:
            above.discard(id(node))
            done.add(id(node))
        elif id(node) in above:
            return node
        elif id(node) not in done and not isinstance(node, yaml.ScalarNode):
            above.add(id(node))
            stack.append((node, True))
            stack += ((child, False) for child in _children(node))
    return None


def _children(node: Node) -> Iterator[Node]:
    for each in node.value:
        if isinstance(each, tuple):
            yield from each
        else:
            yield each
