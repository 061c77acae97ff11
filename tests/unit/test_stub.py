"""The stubs name nothing that the installed binding lacks."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import libvirt
import libvirt_qemu
import pytest

if TYPE_CHECKING:
    from types import ModuleType

STUBS = Path(__file__).resolve().parents[2] / "stubs"


def _names(body: list[ast.stmt], prefix: str = "") -> list[str]:
    names: list[str] = []
    for node in body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.append(prefix + node.target.id)
        elif isinstance(node, ast.FunctionDef):
            names.append(prefix + node.name)
        elif isinstance(node, ast.ClassDef):
            names += [node.name, *_names(node.body, f"{node.name}.")]
    # Private names are the stub's own aliases, `err` is set on instances.
    return [name for name in names if not name.startswith("_") and name != "libvirtError.err"]


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (module, name)
        for module in (libvirt, libvirt_qemu)
        for name in _names(ast.parse((STUBS / f"{module.__name__}.pyi").read_text()).body)
    ],
)
def test_name_is_in_the_installed_binding(module: ModuleType, name: str) -> None:
    found: object = module
    for part in name.split("."):
        found = getattr(found, part)
