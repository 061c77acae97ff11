"""Where a command's spec comes from: files, of which this host has a part or all; or another
vnetmgr, which has read them and knows where the domains are."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from vnetmgr.api.specs import load_desired
from vnetmgr.errors import UsageError
from vnetmgr.model.record import replace
from vnetmgr.printable import shell_word
from vnetmgr.problem import About
from vnetmgr.render import console

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vnetmgr.cli.options import How
    from vnetmgr.cli.specs.here import Meant
    from vnetmgr.model.desired import Desired
    from vnetmgr.spec.placed import Bundle


def spec_loader(
    spec: Sequence[str],
    how: How,
    meant: Meant,
    *,
    all_or_nothing: bool = True,
    kept: bool = False,
) -> Callable[[], Desired]:
    """What reads it, as load_desired does."""
    whole: dict[str, Any] = {
        "strict": meant.strict,
        "prune": meant.prune,
        "revision": meant.revision,
    }
    if how.session and (bundle := told_spec()) is not None:
        from vnetmgr.api.specs import load_told

        host = how.this_host or ""
        return partial(load_told, bundle, host, **whole)
    load: Callable[..., Desired] = partial(load_desired, **whole)
    return partial(load, spec, all_or_nothing=all_or_nothing, kept=kept, this_host=how.this_host)


def noted_at_once(load: Callable[[], Desired], how: How) -> Callable[[], Desired]:
    """The same for a command that shows no notes: what is to be said of the spec is said."""

    def loaded() -> Desired:
        desired = load()
        if desired.spec is None or how.form.for_programs:
            return desired
        for text in desired.spec.notes:
            console.note(text)
        return replace(desired, spec=replace(desired.spec, notes=()))

    return loaded


def told_spec() -> Bundle | None:
    """The spec that whoever has started this session has handed over; None: none. Raises UsageError
    for what is none."""
    from vnetmgr.runtime.session import Session
    from vnetmgr.spec.placed import read_bundle

    session = Session.current
    if session is None or "files" not in session.given:
        return None
    return read_bundle(session.given)


def mark_shown(how: How) -> str | None:
    """The mark of the plan that somebody was shown, by whoever has started this session."""
    bundle = told_spec() if how.session else None
    return None if bundle is None else bundle.shown


def refuse_spec_as_name(how: How) -> None:
    """Raise UsageError for `--this-host SPEC`, which leaves no spec: a run without one is another
    command."""
    from pathlib import Path

    name = how.this_host
    if name and not how.session and Path(name).exists():
        raise UsageError(
            f"--this-host {name} takes that as this machine's name, and there is no spec",
            f"name the spec first: {shell_word(name)} --this-host",
            about=About("command", field="this_host"),
        )
