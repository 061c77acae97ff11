"""validate and schema: specs without a host, or against one."""

from __future__ import annotations

import typer

from vnetmgr.cli.options import How, SpecFiles
from vnetmgr.errors import ExitCode, SpecError
from vnetmgr.model.spec import Spec
from vnetmgr.render import console


def validate(spec: SpecFiles, *, reading: How) -> None:
    """Check specs, and say every problem at once, each with its file, line and column.

    With --connect, also that the networks and bridges which it names are there.

    Example: vnetmgr validate /etc/vnetmgr/conf.d
    """
    from vnetmgr.spec.files import load_spec

    try:
        found = load_spec(spec)
        problems = [] if reading.uri is None else _host_problems(found, reading)
        if problems:
            raise SpecError(problems)
    except SpecError as error:
        if not reading.as_json:
            raise
        from vnetmgr.render.specs import problem_json

        listed = [problem_json(each) for each in error.problems]
        console.out_json({"kind": "validation", "valid": False, "problems": listed})
        raise typer.Exit(ExitCode.USAGE) from None
    nics = sum(len(domain.nics) for domain in found.domains)
    if reading.as_json:
        console.out_json({"kind": "validation", "valid": True, "problems": []})
    else:
        networks = f"{len(found.networks)} networks"
        console.out(f"OK: {networks}, {nics} nics in {len(found.domains)} domains")


def _host_problems(spec: Spec, reading: How) -> list[str]:
    from vnetmgr.model.desired import EVERY, Scope
    from vnetmgr.observe import observe
    from vnetmgr.planner.spec_checks import host_problems

    with reading.host(readonly=True) as host:
        observed = observe(host, Scope(networks=(EVERY,), links=True))
    return host_problems(spec, observed)


def schema(*, reading: How) -> None:
    """Print the JSON Schema of specs, for editors.

    Example: vnetmgr schema > vnetmgr-spec.json
    """
    del reading  # there is one form
    from vnetmgr.spec.schema import json_schema

    console.out_json(json_schema())
