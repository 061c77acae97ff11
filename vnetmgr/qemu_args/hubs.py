"""Hubs: which nics and back ends of a guest share one wire.

libvirt has no hubs. A nic alone with a back end is an ordinary nic; several nics can keep one
back end where each of them can join it by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.nic import Mode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vnetmgr.qemu_args.rules import Draft

# A second member of a bridge or of a multicast group is as good as one behind a hub.
_SHAREABLE = (Mode.BRIDGE, Mode.MCAST)


def connect_hubs(fronts: list[Draft], backs: list[Draft], by_id: Mapping[str, Draft]) -> None:
    """Give each nic of a hub its back end, or say why it cannot have one."""
    for port in backs:
        name = port.taken.get("netdev") if "hubid" in port.taken else None
        if name is None:
            continue
        if name not in by_id or by_id[name] is port:
            port.problem(f"netdev={name}: no -netdev has that id")
        elif any(front.peer is by_id[name] for front in fronts) or by_id[name].hub is not None:
            port.problem(f"netdev={name}: it is in use already")
        else:
            by_id[name].hub = port.hub
    for hub in sorted({end.hub for end in (*fronts, *backs) if end.hub is not None}):
        on_it = [front for front in fronts if front.hub == hub]
        behind = [back for back in backs if back.hub == hub and "hubid" not in back.taken]
        if on_it:
            _connect(hub, on_it, behind)


def _connect(hub: int, fronts: list[Draft], backs: list[Draft]) -> None:
    for back in backs:
        back.shared = True
    if len(backs) > 1:
        _refuse(
            fronts,
            f"hub {hub} joins it with {len(backs)} back ends ({_labels(backs)}), and a libvirt "
            "nic has one source; nearest: a bridge or network that joins them, or one "
            "-nic for each",
        )
    elif not backs and len(fronts) > 1:
        _refuse(
            fronts,
            f"hub {hub} has {len(fronts)} nics and no back end: they would reach only each "
            "other; nearest: an isolated network (create-network --mode isolated)",
        )
    elif backs:
        _give(hub, fronts, backs[0])


def _give(hub: int, fronts: list[Draft], back: Draft) -> None:
    source = back.source
    alone = len(fronts) == 1
    if not alone and source is not None:
        if source.mode not in _SHAREABLE or "target.dev" in back.extra:
            _refuse(
                fronts,
                f"hub {hub} lets {len(fronts)} nics share {back.label}, and one "
                f"{_kind(source.mode)} cannot belong to two libvirt nics; nearest: a bridge or a "
                "network (attach-nic --bridge, --nat) for each of them",
            )
            return
        back.note(
            f"hub {hub} lets {len(fronts)} nics share it; each becomes a nic on {source} of its own"
        )
    for front in fronts:
        front.peer = back


def _kind(mode: Mode) -> str:
    return {Mode.USER: "user-mode stack", Mode.ETHERNET: "tap"}.get(mode, f"{mode} connection")


def _labels(backs: list[Draft]) -> str:
    return "; ".join(back.label for back in backs)


def _refuse(fronts: list[Draft], text: str) -> None:
    for front in fronts:
        front.problem(text)
