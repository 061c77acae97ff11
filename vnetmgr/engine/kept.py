"""What to say of a change that was made, and that is left to do when all is planned again: who did
not keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.model.plan import Action, ObjectKind
from vnetmgr.model.state import State
from vnetmgr.model.writes import SetOverlay, SetPorts
from vnetmgr.printable import shell_word

if TYPE_CHECKING:
    from vnetmgr.model.plan import Change, Step

_AGAIN = "somebody else may have changed it at the same moment; run the command again"


class NotKept(NamedTuple):
    """What is wrong with a change that is made, and what to do."""

    text: str
    hint: str = _AGAIN


def not_kept(left: Change, step: Step, done: Change, northbound: str | None) -> NotKept:
    """`step`: what would be done about it. `northbound`: where OVN's database is, if it matters."""
    gone = left.action is Action.CREATE
    if gone and done.action is not Action.CREATE:
        return NotKept(f"{left.subject}: the change was made, and it is not there any more")
    named = ", ".join(field.field for field in left.fields)
    if left.object is ObjectKind.CHASSIS:
        return NotKept(f"{left.subject}: it was written, and is otherwise by now: {named}")
    # Rules are not libvirt's.
    if left.object is ObjectKind.FORWARD and State.CONFIG not in left.scope:
        return NotKept(f"{left.subject}: its rules were written, and are not there any more")
    named = named or "all of it"
    switches = _switches(step)
    if not switches:
        return NotKept(f"{left.subject}: libvirt accepted the change and ignored {named}")
    database, show = "OVN's northbound database", "ovn-nbctl"
    if northbound is not None:
        database, show = f"{database} {northbound}", f"{show} --db={shell_word(northbound)}"
    alone = all(isinstance(op.do, SetOverlay | SetPorts) for op in step.ops)
    if not alone:
        text = f"it was made, and libvirt or {database} has it otherwise by now: {named}"
    elif gone:
        text = f"it was written to {database}, and is not there any more"
    else:
        text = f"it was written to {database}, which has it otherwise by now: {named}"
    shown = f"`{show} show {shell_word(switches[0])}` shows what is there"
    return NotKept(f"{left.subject}: {text}", f"{_AGAIN}; {shown}")


def _switches(step: Step) -> list[str]:
    """Those that it would write to, or to whose ports."""
    found: dict[str, None] = {}
    for op in step.ops:
        if isinstance(op.do, SetOverlay):
            found[op.do.name] = None
        elif isinstance(op.do, SetPorts):
            ports = (port for each in op.do.changes for port in each.states)
            found |= dict.fromkeys(port.switch for port in ports)
    return list(found)
