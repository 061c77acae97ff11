"""Specs in files and directories, merged into one."""

from __future__ import annotations

from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from vnetmgr.errors import SpecError, UsageError
from vnetmgr.model.options.nics import DEFAULT_NETWORK
from vnetmgr.model.record import Record, replace
from vnetmgr.model.spec import Spec
from vnetmgr.problem import About, Place, Problem
from vnetmgr.runtime.text_file import read_regular, read_standard_input, read_text
from vnetmgr.spec.checks import spec_problems
from vnetmgr.spec.merge import merged
from vnetmgr.spec.read import read_spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vnetmgr.spec.nodes import Places

_ENDINGS = (".yaml", ".yml")
STDIN = "<stdin>"
_HINT = "name YAML files, or directories with *.yaml or *.yml in them"
_DEFAULT = About("network", DEFAULT_NETWORK)


class Loaded(Record):
    """A spec as far as it could be read, and everything that is wrong in it, by its place."""

    spec: Spec
    problems: tuple[Problem, ...] = ()
    nothing: bool = False
    """Whether no file is sound."""


def load_spec(paths: Sequence[str]) -> Spec:
    """Read files and directories (their *.yaml and *.yml, by name); `-` is standard input.

    Raises SpecError with every problem of all files, UsageError for what is not there.
    """
    loaded = load_all(paths)
    if loaded.problems:
        raise SpecError(loaded.problems)
    return loaded.spec


def load_all(paths: Sequence[str]) -> Loaded:
    """The same with all that could be read of it, for checking more of it. Raises UsageError."""
    problems: list[Problem] = []
    places: Places = {}
    return _merged(_read(paths, problems, places), places, problems)


def load_text(text: str, label: str) -> Spec:
    """A spec that is in no file. Raises SpecError with every problem."""
    problems: list[Problem] = []
    places: Places = {}
    loaded = _merged([read_spec(text, label, problems, places)], places, problems)
    if loaded.problems:
        raise SpecError(loaded.problems)
    return loaded.spec


def _merged(specs: Sequence[Spec], places: Places, problems: list[Problem]) -> Loaded:
    spec = merged(specs, places, problems)
    problems += spec_problems(spec, places)
    return Loaded(spec=spec, problems=by_place(problems, spec.files))


def load_sound(paths: Sequence[str]) -> Loaded:
    """What is sound of a spec: a domain, a network or a file that has a problem is left out as a
    whole, whatever other files say of it. Raises UsageError."""
    problems: list[Problem] = []
    places: Places = {}
    specs = _read(paths, problems, places)
    files = tuple(file for spec in specs for file in spec.files)
    broken = _parts(problems)
    specs = [_without(spec, broken) for spec in specs if About("file", spec.files[0]) not in broken]
    spec = merged(specs, places, problems, default=_DEFAULT not in broken)
    problems += spec_problems(spec, places)
    sound = _without(spec, _parts(problems))
    return Loaded(spec=sound, problems=by_place(problems, files), nothing=not specs)


def _read(paths: Sequence[str], problems: list[Problem], places: Places) -> list[Spec]:
    return [
        Spec(files=(file,)) if text is None else read_spec(text, file, problems, places)
        for file, text in _texts(paths, problems)
    ]


def _parts(problems: Iterable[Problem]) -> frozenset[About]:
    return frozenset(about.whole for problem in problems for about in problem.abouts)


def _without(spec: Spec, parts: frozenset[About]) -> Spec:
    """A spec without some domains and networks, and what it says of them elsewhere."""
    networks = {about.name for about in parts if about.kind == "network"}
    domains = {about.name for about in parts if about.kind == "domain"}
    return replace(
        spec,
        networks=tuple(want for want in spec.networks if want.name not in networks),
        addresses=tuple(
            want
            for want in spec.addresses
            if want.network not in networks and want.domain not in domains
        ),
        domains=tuple(domain for domain in spec.domains if domain.name not in domains),
    )


def by_place(problems: Iterable[Problem], files: Sequence[str]) -> tuple[Problem, ...]:
    """Each once, in the files' order."""
    once = {str(each): each for each in problems}.values()
    order = {file: number for number, file in enumerate(files)}
    places = [
        (order[each.place.file], each.place.line, each.place.column) if each.place else (-1, 0, 0)
        for each in once
    ]
    numbered = sorted(zip(places, once, strict=True), key=itemgetter(0))
    return tuple(each for _, each in numbered)


def spec_files(paths: Sequence[str]) -> list[str]:
    """The files that these paths mean; raises UsageError for a directory without any."""
    files: dict[object, str] = {}
    for path in paths:
        for file in _inside(path) if path != "-" else ["-"]:
            # One that is named twice, also in its directory, is one spec.
            files.setdefault("-" if file == "-" else Path(file).absolute(), file)
    return list(files.values())


def _inside(path: str) -> list[str]:
    if not path:  # of a variable that is not set; it would be the current directory
        raise UsageError("an empty path leads to no spec", _HINT)
    try:
        if not Path(path).is_dir():
            return [path]
        inside = sorted(
            str(each)
            for each in Path(path).iterdir()
            if each.suffix in _ENDINGS and not each.name.startswith(".")
        )
    except OSError as error:
        raise _unreadable(path, error) from None
    if not inside:
        raise UsageError(
            f"{path} has no spec: no file in it ends in {' or '.join(_ENDINGS)}",
            "name a file, or put one there",
            about=About("file", path),
        )
    return inside


def _texts(paths: Sequence[str], problems: list[Problem]) -> Iterator[tuple[str, str | None]]:
    """Each file with its text; None for one that cannot be read, which is a problem."""
    named = {path for path in paths if path != "-"}
    for file in spec_files(paths):
        label = STDIN if file == "-" else file
        try:
            if file == "-":
                yield label, read_standard_input()
            else:
                # In a directory there may be anything, and waiting for it helps nobody.
                yield label, (read_text if file in named else read_regular)(file)
        except OSError as error:
            if file in named and isinstance(error, FileNotFoundError):
                raise _unreadable(file, error) from None
            reason = f"{label} cannot be read: {error.strerror}"
            place = Place(label, 1, 1)
            problems.append(Problem(About("file", label), reason, _HINT, place))
            yield label, None


def _unreadable(path: str, error: OSError) -> UsageError:
    reason = f"{path} cannot be read: {error.strerror}"
    return UsageError(reason, _HINT, about=About("file", path))
