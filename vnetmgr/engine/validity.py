"""What vnetmgr is about to write, judged by libvirt's own schema.

Documents from vnetmgr's own templates are valid for every option (a test says so), and checking
them again would cost each command 18 ms. A template that somebody edited is checked each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import usage_problems
from vnetmgr.local.templates import edited_template
from vnetmgr.model.writes import AttachDevice, DefineDomain, DefineNetwork
from vnetmgr.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.plan import Plan
    from vnetmgr.model.writes import Write


def refuse_invalid(plan: Plan) -> None:
    """Raise UsageError, naming template and element, for what the schema does not know."""
    domains = plan.desired.domains
    nics = (*plan.desired.nics, *(nic for domain in domains for nic in domain.nics))
    origins = {
        *(nic.edited_template for nic in nics),
        *(domain.edited_template for domain in domains),
        *(network.edited_template for network in plan.desired.networks),
        *map(edited_template, plan.scope.templates),
    }
    edited = sorted(origin for origin in origins if origin is not None)
    if not edited:
        return
    writes = [op.do for step in plan.steps for op in step.ops]
    # A nic is the same in both states, and its problems are told once.
    problems = list(dict.fromkeys(problem for write in writes for problem in _problems(write)))
    if problems:
        raise usage_problems(
            [Problem(None, each) for each in problems], f"correct the template: {', '.join(edited)}"
        )


def _problems(write: Write) -> Iterator[str]:
    from vnetmgr.libvirt_xml.schema import domain_problems, network_problems, nic_problems

    if isinstance(write, AttachDevice):
        yield from nic_problems(write.xml)
    elif isinstance(write, DefineDomain) and write.expect is None:
        yield from domain_problems(write.xml)
    elif isinstance(write, DefineNetwork) and write.expect is None:
        yield from network_problems(write.xml)
