"""What export writes of one object: the keys that a spec's own reader takes back as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from vnetmgr.model.record import Record
from vnetmgr.model.yaml_text import yaml_lines, yaml_text
from vnetmgr.printable import printable
from vnetmgr.spec.nodes import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from vnetmgr.model.yaml_text import Plain
    from vnetmgr.problem import Problem
    from vnetmgr.spec.nodes import Node

T = TypeVar("T")


class Exported(Record):
    """One network, or one nic."""

    key: str
    values: Mapping[str, Plain]
    comments: tuple[str, ...] = ()
    """What is left to libvirt, a line each."""
    left_out: str | None = None
    """Why the spec does not have it; None: it has."""

    def lines(self) -> Iterator[str]:
        """The object as it stands in the spec. What is left out is there as a comment, ready to
        be taken in."""
        if self.left_out is None:
            yield from self._body()
            return
        yield comment(f"{self.key}: {self.left_out}")
        if self.values:
            yield from (f"# {line}" for line in self._body())

    def _body(self) -> Iterator[str]:
        yield from block(self.key, self.values)
        yield from (f"  {comment(each)}" for each in self.comments)


def comment(text: str) -> str:
    """A text as a YAML comment of one line."""
    return f"# {printable(text)}"


def block(key: str, values: Mapping[str, Plain]) -> Iterator[str]:
    """A map below its key."""
    yield f"{yaml_text(key)}:" if values else f"{yaml_text(key)}: {{}}"
    yield from (f"  {line}" for line in yaml_lines(values))


def read_back(
    key: str, values: Mapping[str, Plain], read: Callable[[Document, Node, Node], T]
) -> T | None:
    """What a spec's reader makes of an object; None where it finds anything wrong."""
    problems: list[Problem] = []
    document = Document("export", problems)
    root = document.root("\n".join(block(key, values)))
    if root is None:
        return None
    ((key_node, value_node),) = root.value
    found = read(document, key_node, value_node)
    return None if problems else found


def acceptable(
    values: Mapping[str, Plain],
    needed: Collection[str],
    accepts: Callable[[Mapping[str, Plain]], bool],
) -> dict[str, Plain] | None:
    """All values, or else as many as are accepted together, in their order; None without those
    that are needed."""
    if accepts(values):
        return dict(values)
    kept = {key: values[key] for key in values if key in needed}
    if not accepts(kept):
        return None
    for key in (*values, *values):  # one may need another that is behind it
        tried = {each: values[each] for each in values if each in kept or each == key}
        if key not in kept and accepts(tried):
            kept = tried
    return kept


def kept_back(
    left: Iterable[str], *, config: Mapping[str, object], live: Mapping[str, object]
) -> Iterator[str]:
    """Why fields are left to libvirt. Both maps: field -> its value as it is shown; a live value
    is there where it differs."""
    for field in left:
        if field in live:
            yield f"{field}: {config[field]} in config, {live[field] or 'none'} live; left as it is"
        else:
            yield f"not in the spec: {field} {config[field]}"


def pairs(given: Iterable[tuple[str, str]]) -> Plain:
    """A map; a list where a key stands twice."""
    found = tuple(given)
    values: dict[str, Plain] = dict(found)
    if len(values) < len(found):
        return [f"{key}={value}" for key, value in found]
    return values
