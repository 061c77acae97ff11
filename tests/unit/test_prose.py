"""No text that is made for people is read by the program, whoever wrote it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import vnetmgr

PACKAGE = Path(vnetmgr.__file__).parent
READERS = frozenset(
    {
        *("startswith", "endswith", "removeprefix", "removesuffix", "replace", "find", "index"),
        *("partition", "rpartition", "split", "rsplit", "splitlines"),
        *("search", "match", "fullmatch", "sub", "findall", "finditer"),
    }
)
# What others tell in no other way, each with its reason where it stands.
ALLOWED = {
    "cli/app.py": 3,  # Python's, of a thread that cannot be started; and what click's errors have
    "host/translate.py": 1,  # libvirt's, in one line
    "libvirt_xml/schema.py": 2,  # libxml2's
    "spec/nodes.py": 1,  # the YAML reader's, in one line
}


def _is_told(node: ast.expr, errors: set[str]) -> bool:
    """Whether it is the text of an error or a problem, or is made of one."""
    for each in ast.walk(node):
        match each:
            case ast.Attribute(attr="message" | "get_error_message"):
                return True
            case ast.Attribute(attr="text" | "hint" | "args", value=ast.Name(id=name)):
                if name in errors:
                    return True
            case ast.Call(func=ast.Name(id="str" | "repr"), args=[ast.Name(id=name)]):
                if name in errors:
                    return True
    return False


def readings(source: str) -> Iterator[int]:
    """The lines where such a text is taken apart, searched or compared."""
    tree = ast.parse(source)
    caught = {each.name for each in ast.walk(tree) if isinstance(each, ast.ExceptHandler)}
    errors = {"error", "problem", *filter(None, caught)}
    for node in ast.walk(tree):
        parts: list[ast.expr] = []
        match node:
            case ast.Call(func=ast.Attribute(attr=attr, value=value)) if attr in READERS:
                parts = [value, *node.args]
            case ast.Compare(ops=[ast.Is() | ast.IsNot()]):
                continue
            case ast.Compare():
                parts = [node.left, *node.comparators]
            case ast.Subscript():
                parts = [node.value]
            case ast.Call(func=ast.Name(id="getattr"), args=[ast.Name(id=name), *_], lineno=line):
                if name in errors:
                    yield line
                continue
        if any(_is_told(part, errors) for part in parts):
            yield parts[0].lineno


@pytest.mark.parametrize(
    "source",
    [
        "if error.message.startswith('network '): pass",
        "'reserved twice' in problem.text",
        "known = error.message in texts",
        "re.search('x', translated.message)",
        "getattr(error, 'mac', None)",
        "try: f()\nexcept ValueError as wrong: str(wrong).partition(':')",
        "problem.text.split(': ')[0]",
    ],
)
def test_a_reader_of_prose_is_found(source: str) -> None:
    assert list(readings(source))


def test_nobody_reads_prose() -> None:
    found = {}
    for path in PACKAGE.rglob("*.py"):
        lines = set(readings(path.read_text()))
        if lines:
            found[str(path.relative_to(PACKAGE))] = sorted(lines)
    unexpected = {name: lines for name, lines in found.items() if len(lines) != ALLOWED.get(name)}
    assert not unexpected
    assert found.keys() == ALLOWED.keys()
