"""Specs in files and directories, merged into one."""

from __future__ import annotations

from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from vnetmgr.errors import SpecError, UsageError
from vnetmgr.spec.checks import spec_problems
from vnetmgr.spec.merge import merged
from vnetmgr.spec.read import read_spec
from vnetmgr.text_file import read_standard_input, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.model.spec import Problem, Spec
    from vnetmgr.spec.nodes import Places

_ENDINGS = (".yaml", ".yml")
STDIN = "<stdin>"


def load_spec(paths: Sequence[str]) -> Spec:
    """Read files and directories (their *.yaml and *.yml, by name); `-` is standard input.

    Raises SpecError with every problem of all files, UsageError for what cannot be read.
    """
    problems: list[Problem] = []
    places: Places = {}
    specs = [read_spec(text, file, problems, places) for file, text in _texts(paths)]
    spec = merged(specs, places, problems)
    problems += spec_problems(spec, places)
    problems = list(dict.fromkeys(problems))
    if problems:
        order = {file: number for number, file in enumerate(spec.files)}
        places_of = ((each.place, each) for each in problems)
        listed = [((order[at.file], at.line, at.column), each) for at, each in places_of]
        raise SpecError([each for _, each in sorted(listed, key=itemgetter(0))])
    return spec


def spec_files(paths: Sequence[str]) -> list[str]:
    """The files that these paths mean; raises UsageError for a directory without any."""
    files: dict[object, str] = {}
    for path in paths:
        for file in _inside(path) if path != "-" else ["-"]:
            # One that is named twice, also in its directory, is one spec.
            files.setdefault("-" if file == "-" else Path(file).absolute(), file)
    return list(files.values())


def _inside(path: str) -> list[str]:
    try:
        if not Path(path).is_dir():
            return [path]
        inside = sorted(
            str(each)
            for each in Path(path).iterdir()
            if each.suffix in _ENDINGS and not each.name.startswith(".") and not each.is_dir()
        )
    except OSError as error:
        raise _unreadable(path, error) from None
    if not inside:
        raise UsageError(
            f"{path} has no spec: no file in it ends in {' or '.join(_ENDINGS)}",
            "name a file, or put one there",
        )
    return inside


def _texts(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    for file in spec_files(paths):
        try:
            if file == "-":
                yield STDIN, read_standard_input()
            else:
                yield file, read_text(file)
        except OSError as error:
            raise _unreadable(file, error) from None


def _unreadable(path: str, error: OSError) -> UsageError:
    return UsageError(
        f"{STDIN if path == '-' else path} cannot be read: {error.strerror}",
        "name YAML files, or directories with *.yaml or *.yml in them",
    )
