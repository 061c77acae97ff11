"""From a spec, wherever it is, to what is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from vnetmgr.errors import SpecError, UsageError

if TYPE_CHECKING:
    from vnetmgr.model.desired import Desired
    from vnetmgr.model.spec import Spec as Read


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
) -> Desired:
    """What a spec wants. Raises SpecError for what is wrong in it, or else (of files, not
    `all_or_nothing`) leaves the domain, network or file alone; UsageError for files that are not
    there. `kept`: there is a spec from before, which one without any sound file does not take the
    place of."""
    from vnetmgr.spec.files import load_sound, load_spec
    from vnetmgr.spec.wants import to_desired

    if isinstance(spec, Mapping | Readable):
        return to_desired(_in_memory(spec), strict=strict, prune=prune)
    try:
        paths = [fspath(each) for each in ([spec] if isinstance(spec, str | PathLike) else spec)]
    except TypeError:
        raise UsageError(
            f"{spec!r} is no spec", "name YAML files, give an open one, or the document itself"
        ) from None
    if not paths:
        raise UsageError("no spec is named", "name YAML files, or directories of them")
    if all_or_nothing:
        return to_desired(load_spec(paths), strict=strict, prune=prune)
    loaded = load_sound(paths)
    if loaded.nothing and kept:
        raise SpecError(loaded.problems)
    return to_desired(loaded.spec, strict=strict, prune=prune, problems=loaded.problems)


def forwards_alone() -> Desired:
    """What is wanted without a spec: the port forwards that domains' metadata has."""
    from vnetmgr.model.desired import Desired, SpecScope

    return Desired(spec=SpecScope(nothing_asked=True))


def _in_memory(spec: Mapping[str, object] | Readable) -> Read:
    from vnetmgr.spec.files import load_text

    if not isinstance(spec, Mapping):
        return load_text(_text_of(spec), str(getattr(spec, "name", "<text>")))
    import json

    try:  # which is YAML as well
        text = json.dumps(spec, indent=2, default=str, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"the spec is no document: {error}") from None
    return load_text(text, "<mapping>")


def _text_of(file: Readable) -> str:
    from vnetmgr.runtime.text_file import decoded

    try:
        text = file.read()
        return decoded(text) if isinstance(text, bytes) else text
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        name = getattr(file, "name", "the spec")
        raise UsageError(f"{name} cannot be read: {reason}") from None
