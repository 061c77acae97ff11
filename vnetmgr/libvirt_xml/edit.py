"""Small edits of a tree that keep its indentation and everything that they do not touch."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from lxml import etree

from vnetmgr.errors import VnetError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from lxml.etree import _Element as Element

H = TypeVar("H", bound="Hashable")
T = TypeVar("T")

STEP = "  "
"""What libvirt indents by."""


def set_attribute(element: Element, name: str, value: str) -> None:
    """Set an attribute; raises VnetError for characters that XML cannot hold."""
    try:
        element.set(name, value)
    except ValueError as error:
        raise VnetError(f"{name} {value!r} has a character that XML cannot hold") from error


def set_text(element: Element, value: str) -> None:
    """Replace an element's text; raises VnetError for characters that XML cannot hold."""
    try:
        element.text = value
    except ValueError as error:
        raise VnetError(
            f"{element.tag!s} {value!r} has a character that XML cannot hold"
        ) from error


def drop_attributes(element: Element, *names: str) -> None:
    """Remove the attributes that are there."""
    for name in names:
        if name in element.attrib:
            del element.attrib[name]


def child(parent: Element, tag: str, order: Sequence[str] = ()) -> Element:
    """The child of that tag, made where libvirt would write it if it is not there."""
    found = parent.find(tag)
    if found is None:
        found = etree.Element(tag)
        insert(parent, found, _place(parent, tag, order))
    return found


def descendant(root: Element, path: str, orders: Mapping[str, Sequence[str]]) -> Element:
    """The element at a path of tags, made with what is missing on the way; `orders` by the tag of
    the parent."""
    element = root
    for tag in path.split("/") if path else ():
        element = child(element, tag, orders.get(str(element.tag), ()))
    return element


def insert_beside(sibling: Element, tag: str) -> Element:
    """A new child behind another one."""
    new = etree.Element(tag)
    insert_after(sibling, new)
    return new


def add_all(
    parent: Element,
    tag: str,
    values: Iterable[T],
    write: Callable[[Element, T], None],
    order: Sequence[str] = (),
) -> None:
    """Make a child for each value, behind those of its tag or where libvirt would write them."""
    last = None
    for value in values:
        new = etree.Element(tag)
        if last is None:
            insert(parent, new, _place(parent, tag, order))
        else:
            insert_after(last, new)  # no search through all the others for each
        write(new, value)
        last = new


def edit_all(
    present: Iterable[tuple[Element, H]],
    wanted: Iterable[H],
    write: Callable[[Element, H], None],
    identity: Callable[[H], object] = lambda value: value,
) -> list[H]:
    """Make elements what is wanted; what is wanted and has none yet is returned.

    An element that is as wanted stays untouched, one of the same identity is written over, and
    the others go.
    """
    left = Counter(wanted)
    others = []
    for element, value in present:
        if left[value] > 0:
            left[value] -= 1
        else:
            others.append((element, value))
    heirs = {identity(value): value for value in left.elements()}
    for element, value in others:
        heir = heirs.pop(identity(value), None)
        if heir is None:
            remove(element)
        else:
            write(element, heir)
            left[heir] -= 1
    return list(left.elements())


def write_attributes(element: Element, values: Mapping[str, object]) -> None:
    """Set attributes, as text; those that are None go."""
    for name, value in values.items():
        if value is None:
            drop_attributes(element, name)
        else:
            set_attribute(element, name, str(value))


def append(parent: Element, new: Element) -> Element:
    """Add a child at the end, indented like its siblings."""
    insert(parent, new, len(parent))
    return new


def new_child(parent: Element, tag: str, **attributes: str) -> Element:
    """Make a child at the end."""
    new = append(parent, etree.Element(tag))
    for name, value in attributes.items():
        set_attribute(new, name, value)
    return new


def insert(parent: Element, new: Element, index: int) -> None:
    """Insert a child at an index, on a line of its own where its siblings have one."""
    if len(parent) == 0:
        indent = indentation(parent)
        if indent is not None and not (parent.text or "").strip():
            parent.text = indent + STEP
            new.tail = indent
    elif index == 0:
        new.tail = parent.text
    else:
        before = parent[index - 1]
        new.tail = before.tail
        if index == len(parent):
            lead = indentation(before)
            before.tail = parent.text if lead is None else lead
    parent.insert(index, new)


def insert_after(sibling: Element, new: Element) -> None:
    """Insert directly after a sibling."""
    parent = sibling.getparent()
    if parent is None:
        raise ValueError("a root element has no siblings")
    insert(parent, new, parent.index(sibling) + 1)


def remove(element: Element) -> None:
    """Take an element out with its line; other text around it stays."""
    parent = element.getparent()
    if parent is None:
        raise ValueError("a root element cannot be removed")
    before = element.getprevious()
    lead = (parent.text if before is None else before.tail) or ""
    tail = element.tail or ""
    if tail.strip():
        lead += tail
    elif element.getnext() is None:
        lead = tail if not lead.strip() else lead
        if before is None:
            lead = lead.strip()
    parent.remove(element)
    if before is None:
        parent.text = lead or None
    else:
        before.tail = lead or None


def remove_if_empty(element: Element) -> None:
    """Take an element out that has neither attributes nor children (comments count)."""
    if not element.attrib and len(element) == 0 and not (element.text or "").strip():
        remove(element)


def remove_empty(element: Element, root: Element) -> None:
    """Take an element out, and then those around it up to `root`, as far as they are empty."""
    while element is not root and (parent := element.getparent()) is not None:
        remove_if_empty(element)
        element = parent


def write_at(
    root: Element, path: str, attribute: str, value: object, orders: Mapping[str, Sequence[str]]
) -> None:
    """Set an attribute below `root`; None clears it, and what that leaves empty."""
    if value is not None:
        text = ("yes" if value else "no") if isinstance(value, bool) else str(value)
        set_attribute(descendant(root, path, orders), attribute, text)
    elif (found := root.find(path or ".")) is not None:
        drop_attributes(found, attribute)
        remove_empty(found, root)


@contextmanager
def clearing(parent: Element, tag: str) -> Iterator[None]:
    """Within it, a child may lose its own children; if it loses all, it goes too."""
    present = parent.find(tag)
    held = 0 if present is None else len(present)
    yield
    if present is not None and len(present) < held:
        remove_if_empty(present)


def indentation(element: Element) -> str | None:
    """The line break and blanks before an element; None if it stands on no line of its own."""
    before = element.getprevious()
    if before is not None:
        lead = before.tail
    else:
        parent = element.getparent()
        lead = None if parent is None else parent.text
    return lead if lead and "\n" in lead and not lead.strip() else None


def reindent(element: Element, indent: str | None) -> None:
    """Shift a subtree, indented for anywhere, to stand after `indent`."""
    own = element[-1].tail if len(element) else None
    if indent is None or own is None or "\n" not in own or own.strip() or own == indent:
        return
    for node in element.iter():
        if len(node) and node.text and not node.text.strip():
            node.text = node.text.replace(own, indent, 1)
        if node is not element and node.tail and not node.tail.strip():
            node.tail = node.tail.replace(own, indent, 1)


def _place(parent: Element, tag: str, order: Sequence[str]) -> int:
    """Behind its like and what libvirt writes earlier; a comment above the next one stays."""
    if tag not in order:
        return len(parent)
    earlier = set(order[: order.index(tag) + 1])
    return max((i + 1 for i, node in enumerate(parent) if node.tag in earlier), default=0)
