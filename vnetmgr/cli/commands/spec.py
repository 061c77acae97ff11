"""validate and schema: specs without a host, or against one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import typer

from vnetmgr.cli.options import How, SpecFiles
from vnetmgr.errors import ExitCode, SpecError, VnetError
from vnetmgr.render import console

if TYPE_CHECKING:
    from vnetmgr.model.spec import Problem
    from vnetmgr.spec.files import Loaded


def validate(spec: SpecFiles, *, reading: How) -> None:
    """Check specs, and say every problem at once, each with its file, line and column.

    With --connect, also that the networks and bridges which it names are there.

    Example: vnetmgr validate /etc/vnetmgr/conf.d
    """
    from vnetmgr.spec.files import by_place, load_all

    loaded = load_all(spec)
    found, problems = loaded.spec, loaded.problems
    if reading.uri is not None:
        problems = by_place((*problems, *_host_problems(loaded, reading)), found.files)
    if problems:
        _end_with(problems, reading)
    nics = sum(len(domain.nics) for domain in found.domains)
    if reading.as_json:
        from vnetmgr.render.documents.specs import VALIDATION

        console.out_json(VALIDATION.whole(()))
    else:
        networks = f"{len(found.networks)} networks"
        console.out(f"OK: {networks}, {nics} nics in {len(found.domains)} domains")


def _end_with(problems: tuple[Problem, ...], reading: How) -> NoReturn:
    if not reading.as_json:
        raise SpecError(problems)
    from vnetmgr.render.documents.specs import VALIDATION

    console.out_json(VALIDATION.whole(problems))
    raise typer.Exit(ExitCode.USAGE)


def _host_problems(loaded: Loaded, reading: How) -> list[Problem]:
    from vnetmgr.engine.observe import observe
    from vnetmgr.model.seen.observed import EVERY, Scope
    from vnetmgr.planner.spec_checks import host_problems

    try:
        with reading.host(readonly=True) as host:
            observed = observe(host, Scope(networks=(EVERY,), links=True))
    except VnetError as error:
        if not loaded.problems:
            raise
        console.complain(error)  # and what is known all the same
        return []
    unread = any(part.kind == "file" for each in loaded.problems for part in each.about)
    return host_problems(loaded.spec, observed, unread=unread)


def schema(*, reading: How) -> None:
    """Print the JSON Schema of specs, for editors.

    Example: vnetmgr schema > vnetmgr-spec.json
    """
    del reading  # there is one form
    from vnetmgr.spec.schema import json_schema

    console.out_json(json_schema())
