"""Values as the documents that --output json prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.errors import ExitCode, VnetError

if TYPE_CHECKING:
    from collections.abc import Callable


def to_dict(value: object) -> dict[str, Any]:
    """What a method of Host has returned, or an error, as the command's JSON document (`vnetmgr
    schema KIND` describes it). Raises TypeError for anything else."""
    makers = (_MAKERS[kind.__name__] for kind in type(value).__mro__ if kind.__name__ in _MAKERS)
    make = next(makers, None)
    if make is None:
        raise TypeError(f"{type(value).__name__} is no document of its own")
    return make(value)


def _plan(value: Any) -> dict[str, Any]:
    from vnetmgr.render.changes import plan_json

    return plan_json(
        value.host, value.changes, waiting=value.waiting, noted=value.notes, errors=value.errors
    )


def _report(value: Any) -> dict[str, Any]:
    from vnetmgr.render.documents.changes import REPORT, ShownReport

    return REPORT.whole(ShownReport(value))


def _nics(value: Any) -> dict[str, Any]:
    from vnetmgr.render.documents.nics import NIC, NICS, ShownNics

    return NICS.whole(ShownNics([NIC.json(row) for row in value.rows], value.notes))


def _spec(value: Any) -> dict[str, Any]:
    from vnetmgr.render.documents.specs import SPEC, ShownSpec

    return SPEC.whole(ShownSpec(value.text, value.refused))


def _findings(value: Any) -> dict[str, Any]:
    from vnetmgr.render.documents.findings import FINDINGS, ShownFindings

    return FINDINGS.whole(ShownFindings(value))


def _error(value: VnetError) -> dict[str, Any]:
    from vnetmgr.render.documents.error import ERROR, ShownError

    return ERROR.whole(ShownError(value, ExitCode(value.exit_code)))


def _as_it_is(kind: str) -> Callable[[Any], dict[str, Any]]:
    """Of a document that is made of the value itself."""

    def make(value: Any) -> dict[str, Any]:
        from vnetmgr.render.documents import document

        return document(kind).whole(value)

    return make


# By the name of the value's type, of which nothing is imported before there is one.
_MAKERS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "Plan": _plan,
    "Report": _report,
    "DomainListing": _as_it_is("domains"),
    "NicListing": _nics,
    "NetworkListing": _as_it_is("networks"),
    "ShownNetwork": _as_it_is("network"),
    "LeaseListing": _as_it_is("leases"),
    "ForwardListing": _as_it_is("forwards"),
    "HostDeviceListing": _as_it_is("host-devices"),
    "Export": _spec,
    "Diagnosis": _findings,
    "Trace": _as_it_is("trace"),
    "Graph": _as_it_is("topology"),
    "MigrationCheck": _as_it_is("migration-check"),
    "VnetError": _error,
}
