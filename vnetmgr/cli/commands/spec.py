"""validate: specs without a host, or against one; schema: what specs and documents look like;
example-spec: one to start from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vnetmgr.cli.options import How, SpecFiles
from vnetmgr.errors import ExitCode, SpecError, UsageError, VnetError
from vnetmgr.model.names import did_you_mean
from vnetmgr.render import console
from vnetmgr.render.blocks import Data, Done, Form
from vnetmgr.render.documents import KINDS, document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.problem import Problem
    from vnetmgr.spec.files import Loaded


def validate(spec: SpecFiles, *, telling: How) -> None:
    """Check specs, and say every problem at once, each with its file, line and column.

    With --connect, also that the networks and bridges which it names are there; with --hosts or
    --host, that each host has those of its part, and that the file has the hosts which it names.

    Example: vnetmgr validate /etc/vnetmgr/conf.d
    """
    if telling.of_hosts:
        from vnetmgr.cli.fleet.validated import validate_on_hosts

        validate_on_hosts(spec, telling)
    else:
        _validate_here(spec, telling)


def _validate_here(spec: Sequence[str], telling: How) -> None:
    from vnetmgr.spec.files import by_place, load_all

    loaded = load_all(spec, apart=telling.this_host is not None)
    found, problems = loaded.spec, loaded.problems
    if telling.uri is not None:
        problems = by_place((*problems, *_host_problems(loaded, telling)), found.files)
    if telling.form.for_programs:
        _print_data(problems)
    elif problems:
        raise SpecError(problems)
    else:
        nics = sum(len(domain.nics) for domain in found.domains)
        networks = f"{len(found.networks)} networks"
        text = f"OK: {networks}, {nics} nics in {len(found.domains)} domains"
        console.show([Done(text)])


def _print_data(problems: tuple[Problem, ...]) -> None:
    from vnetmgr.render.documents.specs import VALIDATION

    console.out_data(VALIDATION.whole(problems))
    if problems:
        raise typer.Exit(ExitCode.USAGE)


def _host_problems(loaded: Loaded, reading: How) -> list[Problem]:
    """What is wrong with all of it on a host, or with that host's part."""
    from vnetmgr.api.specs import part_for
    from vnetmgr.engine.observe import observe
    from vnetmgr.model.seen.observed import EVERY, Scope
    from vnetmgr.planner.spec_checks import host_problems

    part, _ = part_for(loaded.spec, reading.this_host)
    try:
        with reading.host(readonly=True) as host:
            observed = observe(host, Scope(networks=(EVERY,), links=True))
    except VnetError as error:
        if not loaded.problems:
            raise
        console.complain(error)  # and what is known all the same
        return []
    unread = any(about.kind == "file" for each in loaded.problems for about in each.abouts)
    return host_problems(part, observed, unread=unread)


HOSTS = "hosts"
"""A file's schema, by the name of its command-line option."""
Kind = Annotated[
    str | None,
    typer.Argument(
        metavar="[KIND]",
        help=f"Of what --output json prints: {', '.join(KINDS)}; or of the file of {HOSTS}. "
        "Left out: of specs.",
    ),
]


def schema(kind: Kind = None, *, writing: How) -> None:
    """Print a JSON Schema: of specs and the hosts file, for editors, or of documents, for programs.

    Example: vnetmgr schema nics > nics.json
    """
    if kind is None:
        from vnetmgr.spec.schema import json_schema

        _print_schema(json_schema(), writing)
    elif kind == HOSTS:
        from vnetmgr.fleet.hosts_file import json_schema as schema_of_hosts

        _print_schema(schema_of_hosts(), writing)
    elif kind in KINDS:
        _print_schema(document(kind).json_schema(), writing)
    else:
        raise UsageError(
            f"there is no kind {kind}.{did_you_mean(kind, (*KINDS, HOSTS))}",
            f"kinds: {', '.join(KINDS)}; and {HOSTS}",
        )


def _print_schema(found: dict[str, object], writing: How) -> None:
    if not writing.form.for_programs:
        console.settle(Form.JSON)  # it has no other words for people
    console.out_data(Data(found))


def example_spec(*, writing: How) -> None:
    """Print a spec to start from, with what its keys are for as comments.

    It is templates/spec/example.yaml, or what takes its place on this machine.

    Example: vnetmgr example-spec > host.yaml
    """
    from vnetmgr.local.templates import read_template

    text = read_template("spec/example.yaml")
    if writing.form.for_programs:
        from vnetmgr.render.documents.specs import SPEC, ShownSpec

        console.out_data(SPEC.whole(ShownSpec(text, ())))
    else:
        console.out_lines(text.removesuffix("\n"))
