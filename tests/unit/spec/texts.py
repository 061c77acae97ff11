"""Specs as text for tests. `§` marks where a problem is expected; it is taken out again."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from vnetmgr.errors import SpecError
from vnetmgr.model.desired import NicWant
from vnetmgr.model.network_want import NetworkWant
from vnetmgr.model.spec import Spec
from vnetmgr.spec.files import load_spec

MARK = "§"


def nic(options: str, *, name: str = "lan") -> str:
    """A spec of one nic."""
    return f"version: 1\ndomains:\n  vm1:\n    nics:\n      {name}: {options}\n"


def network(options: str, *, name: str = "lab") -> str:
    """A spec of one network."""
    return f"version: 1\nnetworks:\n  {name}: {options}\n"


def marked(text: str) -> tuple[str, list[str]]:
    """A text without its marks, and where they stood: LINE:COLUMN."""
    places: list[str] = []
    clean = ""
    for piece in text.split(MARK)[:-1]:
        clean += piece
        line, column = clean.count("\n") + 1, len(clean) - clean.rfind("\n")
        places.append(f"{line}:{column}")
    return clean + text.split(MARK)[-1], places


def write(directory: Path, **texts: str) -> list[str]:
    """Files by their names without the ending, and their paths."""
    paths = []
    for name, text in texts.items():
        path = directory / f"{name}.yaml"
        path.write_text(dedent(text), encoding="utf-8")
        paths.append(str(path))
    return paths


def load(directory: Path, text: str) -> Spec:
    """A spec of one file."""
    return load_spec(write(directory, spec=text))


def problems(paths: list[str], *, below: Path) -> list[str]:
    """What is wrong with a spec, each as `NAME.yaml:LINE:COLUMN: TEXT`."""
    try:
        load_spec(paths)
    except SpecError as error:
        return error.message.replace(f"{below}/", "").split("\n")
    return []


def only_nic(spec: Spec) -> NicWant:
    """The nic of a spec that has one."""
    ((want,),) = (domain.nics for domain in spec.domains)
    return want


def only_network(spec: Spec) -> NetworkWant:
    """The network of a spec that has one."""
    (want,) = spec.networks
    return want
