"""Specs in files and directories, merged into one."""

from __future__ import annotations

from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from vnetmgr.errors import SpecError, UsageError
from vnetmgr.model.options.nics import DEFAULT_NETWORK
from vnetmgr.model.record import Record, replace
from vnetmgr.model.spec import Spec
from vnetmgr.problem import About, Place, Problem
from vnetmgr.runtime.text_file import read_regular, read_standard_input, read_text
from vnetmgr.spec.checks import spec_problems
from vnetmgr.spec.host_checks import unknown_hosts
from vnetmgr.spec.merge import merged
from vnetmgr.spec.read import read_spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vnetmgr.spec.host_checks import KnownHosts
    from vnetmgr.spec.nodes import Places

_ENDINGS = (".yaml", ".yml")
STDIN = "<stdin>"
_HINT = "name YAML files, or directories with *.yaml or *.yml in them"
_DEFAULT = About("network", DEFAULT_NETWORK)


class SpecText(NamedTuple):
    """What a file says."""

    file: str
    text: str | None
    """None: it cannot be read."""
    problem: str = ""
    """Why not."""


Source: TypeAlias = "Sequence[str] | Sequence[SpecText]"
"""Paths of files and directories, `-` for standard input; or files that have been read."""


class Loaded(Record):
    """A spec as far as it could be read, and everything that is wrong in it, by its place."""

    spec: Spec
    problems: tuple[Problem, ...] = ()
    nothing: bool = False
    """Whether no file is sound."""


def load_spec(source: Source, *, known: KnownHosts | None = None, apart: bool = False) -> Spec:
    """Read files and directories (their *.yaml and *.yml, by name); `-` is standard input.

    `known`: the hosts that it may name. `apart`: its domains may be on different hosts, though it
    names none. Raises SpecError with every problem of all files, UsageError for what is not there.
    """
    loaded = load_all(source, known=known, apart=apart)
    if loaded.problems:
        raise SpecError(loaded.problems)
    return loaded.spec


def load_all(source: Source, *, known: KnownHosts | None = None, apart: bool = False) -> Loaded:
    """The same with all that could be read of it, for checking more of it. Raises UsageError."""
    problems: list[Problem] = []
    places: Places = {}
    spec = merged(_read(source, problems, places), places, problems)
    problems += _problems_of(spec, places, known=known, apart=apart)
    return Loaded(spec=spec, problems=by_place(problems, spec.files))


def _problems_of(
    spec: Spec, places: Places, *, known: KnownHosts | None, apart: bool
) -> Iterator[Problem]:
    apart = apart or known is not None or spec.is_for_many
    yield from spec_problems(spec, places, apart=apart)
    if known is not None:
        yield from unknown_hosts(spec, known)


def load_sound(source: Source, *, known: KnownHosts | None = None, apart: bool = False) -> Loaded:
    """What is sound of a spec: a domain, a network or a file that has a problem is left out as a
    whole, whatever other files say of it. Raises UsageError."""
    problems: list[Problem] = []
    places: Places = {}
    specs = _read(source, problems, places)
    files = tuple(file for spec in specs for file in spec.files)
    broken = _parts(problems)
    specs = [_without(spec, broken) for spec in specs if About("file", spec.files[0]) not in broken]
    spec = merged(specs, places, problems, default=_DEFAULT not in broken)
    problems += _problems_of(spec, places, known=known, apart=apart)
    sound = _without(spec, _parts(problems))
    if _may_lack_ovn(spec, broken | _parts(problems)):
        from vnetmgr.spec.overlays.settings import without_overlays  # most specs have none

        sound = without_overlays(sound)
    return Loaded(spec=sound, problems=by_place(problems, files), nothing=not specs)


def _may_lack_ovn(spec: Spec, parts: frozenset[About]) -> bool:
    """Whether what is said of OVN is wrong, or may stand in a file that cannot be read."""
    unread = spec.ovn is None and any(about.kind == "file" for about in parts)
    return unread or About("ovn") in parts


def _read(source: Source, problems: list[Problem], places: Places) -> list[Spec]:
    specs = []
    for each in read_files(source):
        if each.text is None:
            about, place = About("file", each.file), Place(each.file, 1, 1)
            problems.append(Problem(about, each.problem, _HINT, place))
            specs.append(Spec(files=(each.file,)))
        else:
            specs.append(read_spec(each.text, each.file, problems, places))
    return specs


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


def read_files(source: Source) -> Iterator[SpecText]:
    """Each file with its text. Raises UsageError for what is not there."""
    paths = [each for each in source if isinstance(each, str)]
    yield from (each for each in source if isinstance(each, SpecText))
    named = {path for path in paths if path != "-"}
    for file in spec_files(paths):
        label = STDIN if file == "-" else file
        try:
            if file == "-":
                text = read_standard_input()
            else:
                # In a directory there may be anything, and waiting for it helps nobody.
                text = (read_text if file in named else read_regular)(file)
        except OSError as error:
            if file in named and isinstance(error, FileNotFoundError):
                raise _unreadable(file, error) from None
            yield SpecText(label, None, f"{label} cannot be read: {error.strerror}")
        else:
            yield SpecText(label, text)


def _unreadable(path: str, error: OSError) -> UsageError:
    reason = f"{path} cannot be read: {error.strerror}"
    return UsageError(reason, _HINT, about=About("file", path))
