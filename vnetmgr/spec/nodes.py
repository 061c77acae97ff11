"""YAML as nodes that know their place. The only importer of yaml.

Composed, not loaded: a scalar stays the text that it is. Plain YAML would make a number of an
unquoted 52:54:00:12:34:22.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import yaml

from vnetmgr.model.names import did_you_mean
from vnetmgr.model.spec import Place, Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

Node: TypeAlias = yaml.Node
Pairs: TypeAlias = "dict[str, tuple[Node, Node]]"
"""Key -> (its node, its value's)."""

# libyaml where it is; the same nodes, ten times slower, without.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# The tags that libyaml gives to what is written without one.
_PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "value", "merge")
)
_NULL = "tag:yaml.org,2002:null"


class Document:
    """One file while it is read, and everything that is wrong in it."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.file = file
        self.problems = problems

    def root(self, text: str) -> Node | None:
        """The document's node; None where there is none, which is a problem as well."""
        try:
            root = yaml.compose(text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            said = " ".join(filter(None, (error.context, error.problem)))
            self._add(line, column, f"this is no YAML: {said}")
            return None
        except (yaml.YAMLError, ValueError) as error:
            self._add(1, 1, f"this is no YAML: {' '.join(str(error).split())}")
            return None
        if root is None:
            self._add(1, 1, "the file is empty; a spec begins with version: 1")
        return root

    def place(self, node: Node) -> Place:
        """Where a node stands."""
        mark = node.start_mark
        return Place(file=self.file, line=mark.line + 1, column=mark.column + 1)

    def origin(self, node: Node) -> str:
        """The same as text: cheaper, for each of thousands."""
        mark = node.start_mark
        return f"{self.file}:{mark.line + 1}:{mark.column + 1}"

    def problem(self, node: Node, message: str) -> None:
        """Something is wrong with a node."""
        self.problems.append(Problem(place=self.place(node), message=message))

    def _add(self, line: int, column: int, message: str) -> None:
        place = Place(file=self.file, line=line, column=column)
        self.problems.append(Problem(place=place, message=message))

    def pairs(self, node: Node, what: str) -> Pairs:
        """A mapping's pairs; what is none, and keys that stand twice, are problems."""
        found: Pairs = {}
        if not isinstance(node, yaml.MappingNode):
            self.problem(node, f"{what} has to be a map (key: value), not {_kind(node)}")
            return found
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.problem(key, f"a key of {what} has to be a word")
            elif key.value in found:
                first = self.place(found[key.value][0])
                self.problem(key, f"{key.value} stands twice in {what}; first at {first}")
            else:
                found[key.value] = (key, value)
        return found

    def known(self, pairs: Pairs, keys: Collection[str], what: str) -> Iterator[tuple[str, Node]]:
        """(key, value) of the keys that are known; the others are problems."""
        for key, (node, value) in pairs.items():
            if key in keys:
                yield key, value
            else:
                guess = did_you_mean(key, keys)
                self.problem(node, f"{key} is no key of {what}.{guess}".removesuffix("."))

    def items(self, node: Node) -> list[Node]:
        """A list's items; anything else is a list of one."""
        return list(node.value) if isinstance(node, yaml.SequenceNode) else [node]

    def text(self, node: Node, what: str) -> str | None:
        """A scalar's text; None for what is none, which is a problem."""
        if not isinstance(node, yaml.ScalarNode):
            self.problem(node, f"{what} has to be one value, not {_kind(node)}")
            return None
        if node.tag not in _PLAIN_TAGS:
            self.problem(node, f"{what}: specs have no tags ({node.tag})")
            return None
        if node.tag == _NULL and node.value != "none":
            self.problem(node, f"{what} has no value; `none` clears it")
            return None
        text: str = node.value
        return text

    def is_map(self, node: Node) -> bool:
        """Whether a node is a map."""
        return isinstance(node, yaml.MappingNode)

    def is_empty(self, node: Node) -> bool:
        """Whether it is `{}`, `[]`, or nothing at all."""
        return not node.value or (node.tag == _NULL and node.value != "none")


def _kind(node: Node) -> str:
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return "a map" if isinstance(node, yaml.MappingNode) else "a single value"
