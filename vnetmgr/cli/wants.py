"""From option values to what is wanted. No networking decisions: those are the planner's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import UsageError, concerning
from vnetmgr.local.templates import edited_template, read_template, refuse_other
from vnetmgr.model.desired import Desired, NicWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.nic import Mode
from vnetmgr.model.options.nic_patch import build_patch
from vnetmgr.model.options.nics import DEFAULT_NETWORK
from vnetmgr.model.patch import UNSET
from vnetmgr.model.record import replace
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vnetmgr.model.network_want import NetworkWant
    from vnetmgr.model.nic import NicPatch
    from vnetmgr.model.state import State

_NO_STATES: frozenset[State] = frozenset()


def nic_desired(
    domain: str,
    values: Mapping[str, str | Sequence[str]],
    *,
    intent: Intent,
    nic: str | None = None,
    states: frozenset[State] = _NO_STATES,
) -> Desired:
    """One nic of one domain, with the network that --nat stands for."""
    want = nic_want(domain, values, intent=intent, nic=nic, states=states)
    return Desired(networks=networks_for(values), nics=(want,))


def with_user_forwards(desired: Desired, texts: Sequence[str]) -> Desired:
    """Also port forwards to the one nic that is wanted, which has to be in user mode. Raises
    UsageError."""
    from vnetmgr.model.forward import ForwardWant
    from vnetmgr.model.options.forwards import build_forward

    (nic,) = desired.nics
    source = nic.patch.source
    if source is UNSET or source.mode is not Mode.USER:
        raise UsageError(
            "--forward goes with --user, where the nic is on no network",
            f"attach the nic, then: vnetmgr add-forward {nic.domain} {texts[0]}",
        )
    wants = tuple(
        ForwardWant(domain=nic.domain, intent=Intent.CREATE, forward=build_forward(text, {}))
        for text in texts
    )
    return replace(desired, forwards=wants)


def nic_want(
    domain: str,
    values: Mapping[str, str | Sequence[str]],
    *,
    intent: Intent,
    nic: str | None = None,
    states: frozenset[State] = _NO_STATES,
) -> NicWant:
    """One nic, as options say."""
    with concerning(About("nic", nic or str(values.get("name", "")), domain)):
        patch = build_patch(values, source_needed=intent is Intent.CREATE)
    if intent is Intent.CREATE:
        return patch_want(domain, patch, states=states)
    return NicWant(domain=domain, nic=nic, intent=intent, patch=patch, states=states)


def patch_want(domain: str, patch: NicPatch, *, states: frozenset[State] = _NO_STATES) -> NicWant:
    """A new nic as a patch says, with the template that it starts from."""
    want = NicWant(domain=domain, intent=Intent.CREATE, patch=patch, states=states)
    if patch.source is UNSET:
        return want
    name = f"nic/{patch.source.mode}.xml"
    template, edited = read_template(name), edited_template(name)
    refuse_other(template, tag="interface", origin=edited)
    return replace(want, template=template, edited_template=edited)


def networks_for(*each_values: Mapping[str, str | Sequence[str]]) -> tuple[NetworkWant, ...]:
    """The default network, when one of the nics asks for NAT."""
    if not any(values.get("nat") == "yes" for values in each_values):
        return ()
    from vnetmgr.model.network import NetworkMode
    from vnetmgr.model.network_want import NetworkPatch, NetworkWant

    patch = NetworkPatch(mode=NetworkMode.NAT)
    return (NetworkWant(name=DEFAULT_NETWORK, intent=Intent.CREATE, patch=patch),)
