"""From a spec, wherever it is, to what is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from vnetmgr.errors import SpecError, UsageError

if TYPE_CHECKING:
    from vnetmgr.model.desired import Desired
    from vnetmgr.model.spec import Spec as Read
    from vnetmgr.spec.files import Loaded, Source, SpecText
    from vnetmgr.spec.placed import Bundle


@runtime_checkable
class Readable(Protocol):
    """A file that is open for reading."""

    def read(self) -> str | bytes:
        """All of it."""


Path: TypeAlias = str | PathLike[str]
Spec: TypeAlias = Path | Sequence[Path] | Mapping[str, object] | Readable
"""YAML files, or directories of them; the document itself; or an open file with its text."""


def load_desired(
    spec: Spec,
    *,
    strict: bool = False,
    prune: bool = False,
    all_or_nothing: bool = True,
    kept: bool = False,
    this_host: str | None = None,
    revision: int | None = None,
) -> Desired:
    """What a spec wants. Raises SpecError for what is wrong in it, or else (of files, not
    `all_or_nothing`) leaves the domain, network or file alone; UsageError for files that are not
    there. `kept`: there is a spec from before, which one without any sound file does not take the
    place of. `this_host`: what a spec for several hosts calls this one; empty: by its own name.
    `revision`: of the spec, whatever that says of it."""
    from vnetmgr.spec.wants import to_desired

    loaded = _loaded(spec, all_or_nothing=all_or_nothing, kept=kept, apart=this_host is not None)
    part, notes = part_for(loaded.spec, this_host)
    return to_desired(
        part,
        strict=strict,
        prune=prune,
        problems=loaded.problems,
        notes=notes,
        revision=revision,
    )


def load_told(
    bundle: Bundle,
    host: str,
    *,
    strict: bool = False,
    prune: bool = False,
    revision: int | None = None,
) -> Desired:
    """What a spec wants of a host that another vnetmgr has handed over, with where its domains
    are. What is wrong in it that one has told, or refused."""
    from vnetmgr.model.record import replace
    from vnetmgr.spec.parts import part_of
    from vnetmgr.spec.wants import to_desired

    loaded = _read(bundle.files, all_or_nothing=False, kept=False, apart=True)
    part = part_of(loaded.spec, host, bundle.placed)
    desired = to_desired(
        part, strict=strict, prune=prune, problems=loaded.problems, revision=revision
    )
    return replace(desired, spec=desired.spec and replace(desired.spec, problems=()))


def _loaded(spec: Spec, *, all_or_nothing: bool, kept: bool, apart: bool) -> Loaded:
    if isinstance(spec, Mapping | Readable):
        return _read([_in_memory(spec)], all_or_nothing=True, kept=False, apart=apart)
    try:
        paths = [fspath(each) for each in ([spec] if isinstance(spec, str | PathLike) else spec)]
    except TypeError:
        raise UsageError(
            f"{spec!r} is no spec", "name YAML files, give an open one, or the document itself"
        ) from None
    if not paths:
        raise UsageError("no spec is named", "name YAML files, or directories of them")
    return _read(paths, all_or_nothing=all_or_nothing, kept=kept, apart=apart)


def _read(source: Source, *, all_or_nothing: bool, kept: bool, apart: bool) -> Loaded:
    from vnetmgr.spec.files import Loaded, load_sound, load_spec

    if all_or_nothing:
        return Loaded(spec=load_spec(source, apart=apart))
    loaded = load_sound(source, apart=apart)
    if loaded.nothing and kept:
        raise SpecError(loaded.problems)
    return loaded


def part_for(spec: Read, this_host: str | None) -> tuple[Read, tuple[str, ...]]:
    """What a spec says of the host of that name, as load_desired has it, and what is to be said of
    that. None: all of it. Raises UsageError for a spec that names hosts then."""
    if this_host is None and not spec.is_for_many:
        return spec, ()
    from vnetmgr.api.this_host import part_here, refusal

    if this_host is None:
        raise refusal(spec)
    return part_here(spec, this_host)


def forwards_alone() -> Desired:
    """What is wanted without a spec: the port forwards that domains' metadata has."""
    from vnetmgr.model.desired import Desired, SpecScope

    return Desired(spec=SpecScope(nothing_asked=True))


def _in_memory(spec: Mapping[str, object] | Readable) -> SpecText:
    from vnetmgr.spec.files import SpecText

    if not isinstance(spec, Mapping):
        return SpecText(str(getattr(spec, "name", "<text>")), _text_of(spec))
    import json

    try:  # which is YAML as well
        text = json.dumps(spec, indent=2, default=str, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"the spec is no document: {error}") from None
    return SpecText("<mapping>", text)


def _text_of(file: Readable) -> str:
    from vnetmgr.runtime.text_file import decoded

    try:
        text = file.read()
        return decoded(text) if isinstance(text, bytes) else text
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        name = getattr(file, "name", "the spec")
        raise UsageError(f"{name} cannot be read: {reason}") from None
