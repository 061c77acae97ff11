"""What doctor found, wherever it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.path.finding import Layer, Status
from vnetmgr.render.documents.shape import TEXT, YES_NO, Key, Shape, one_of, or_null

if TYPE_CHECKING:
    from vnetmgr.model.path.finding import Finding

FINDING: Shape[Finding] = Shape(
    "finding",
    {
        "domain": Key(TEXT, lambda finding: finding.domain),
        "nic": Key(or_null(TEXT), lambda finding: finding.nic, "null: the domain itself."),
        "check": Key(TEXT, lambda finding: finding.check, "The check's id; it does not change."),
        "layer": Key(one_of(Layer), lambda finding: finding.layer),
        "status": Key(one_of(Status), lambda finding: finding.status),
        "cause": Key(TEXT, lambda finding: finding.cause, "One sentence."),
        "owner": Key(or_null(TEXT), lambda finding: finding.owner, "Whose it is."),
        "remedy": Key(or_null(TEXT), lambda finding: finding.remedy, "A command, for a shell."),
        "fixable": Key(YES_NO, lambda finding: finding.fixable, "Whether doctor --fix does it."),
    },
)
