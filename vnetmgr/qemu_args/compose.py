"""Puts a front end and its back end together into one nic."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vnetmgr.model.names import OWNED_PREFIX, USER_ALIAS_PREFIX
from vnetmgr.model.nic import NicPatch
from vnetmgr.model.patch import UNSET
from vnetmgr.model.record import replace
from vnetmgr.qemu_args.frontends import SHARED_MAC

if TYPE_CHECKING:
    from vnetmgr.qemu_args.rules import Draft

_NOTHING_FOR = "only virtio has such a setting; QEMU ignores it for"


def compose(front: Draft, default_model: str | None) -> NicPatch | None:
    """The nic of a front end and its peer; None where either has a problem."""
    back = front.peer
    fields = dict(front.fields)
    if default_model:
        fields["model"] = default_model
    _mac(front, fields)
    if back is None or back.problems or back.source is None or front.problems:
        return None
    if front.id and back.id and back.hub is not None:
        back.note(f"its name {back.id}: the nic has one, {front.id}")
    extra = {**back.extra, **front.extra}
    virtio = str(fields["model"]).startswith("virtio")
    if not virtio and "driver.name" in extra:
        del extra["driver.name"]
        front.note(f"vhost=: {_NOTHING_FOR} {fields['model']}")
    _queues(front, back, fields, virtio=virtio)
    if extra:
        fields["extra"] = tuple(sorted(extra.items()))
    return NicPatch(source=back.source, **fields)  # type: ignore[arg-type]  # the tables' parsers fit


def _mac(front: Draft, fields: dict[str, object]) -> None:
    if fields.get("mac", UNSET) is UNSET:
        if fields.pop("mac", None) is not None:
            front.note("MAC 00:00:00:00:00:00: to QEMU that is none given")
        front.note(
            f"no MAC given, and QEMU's own ({SHARED_MAC} and up) is the same in every guest; a "
            "fresh one is given, since two guests with one MAC get one DHCP address"
        )
    elif fields["mac"] == SHARED_MAC:
        del fields["mac"]
        front.note(
            f"MAC {SHARED_MAC} is what QEMU gives to every guest; a fresh one is given, since two "
            "guests with one MAC get one DHCP address"
        )


def _queues(front: Draft, back: Draft, fields: dict[str, object], *, virtio: bool) -> None:
    count = int(back.taken.get("queues", "1"))
    switch = front.taken.get("mq")
    vectors = front.taken.get("vectors")
    if switch == "on" and "queues" not in back.taken:
        front.note("mq=on: without queues= in the back end it has one queue pair all the same")
    if "queues" in back.taken and not virtio:
        back.note(f"queues={count}: {_NOTHING_FOR} {fields['model']}")
    elif "queues" in back.taken and switch != "on":
        back.note(f"queues={count}: without mq=on the guest uses one queue pair")
    elif "queues" in back.taken:
        fields["queues"] = count
    if vectors is None:
        return
    if not virtio:
        front.note(f"vectors={vectors}: {_NOTHING_FOR} {fields['model']}")
    elif "queues" in fields and count > 1 and int(vectors) == 2 * count + 2:
        # qemu_command.c, qemuBuildNicDevProps: vectors = 2 * queues + 2.
        front.note(f"vectors={vectors}: what libvirt sets for {count} queues by itself")
    elif int(vectors) == 2**32 - 1:
        pass  # QEMU's own word for its default
    elif int(vectors) > 4096:
        front.note(f"vectors={vectors}: more than MSI-X can have (2048); left to QEMU")
    else:
        fields["vectors"] = int(vectors)


def unlike_others(front: Draft, patch: NicPatch, nics: list[tuple[NicPatch, Draft]]) -> bool:
    """Whether no other nic has the same MAC, PCI address or place in the boot order."""
    for field in ("mac", "pci_address", "boot_order"):
        value = getattr(patch, field)
        for other, other_front in nics:
            if value is not UNSET and value == getattr(other, field):
                front.problem(
                    f"{field} {value}: {other_front.label} has it as well; give one of them another"
                )
                return False
    return True


def give_names(nics: list[tuple[NicPatch, Draft]]) -> list[tuple[NicPatch, Draft]]:
    """Names from the ids, made valid and unique.

    A nic without one stays so, unless it shares its source with another: attach-nic tells two
    nics on one source apart by name.
    """
    taken: set[str] = set()
    named = []
    sources = [patch.source for patch, _ in nics]
    wanted = [_id_of(front) for _, front in nics]
    for (patch, front), name in zip(nics, wanted, strict=True):
        base = name or ("net0" if sources.count(patch.source) > 1 else "")
        if base:
            unique = _unique(base, taken, set(wanted) if not name else set())
            taken.add(unique)
            if name and unique != _plain(_typed(front)):
                front.note(f"id or name {_typed(front)!r}: the nic is called {unique}")
            patch = replace(patch, name=unique)
        named.append((patch, front))
    return named


def _typed(front: Draft) -> str:
    """The id or name of the nic; else that of what it is plugged into."""
    ends = (front, front.via, front.peer)
    return next((end.id for end in ends if end is not None and end.id), "")


def _plain(name: str) -> str:
    return name.removeprefix(USER_ALIAS_PREFIX).removeprefix(OWNED_PREFIX)


def _id_of(front: Draft) -> str:
    name = re.sub(r"[^A-Za-z0-9_-]", "-", _plain(_typed(front)))[:60]
    while name.startswith(OWNED_PREFIX):
        name = name.removeprefix(OWNED_PREFIX)
    return name


def _unique(base: str, taken: set[str], reserved: set[str]) -> str:
    name, number = base, 1
    while name in taken or name in reserved:
        name = f"net{number}" if base == "net0" and reserved else f"{base}-{number + 1}"
        number += 1
    return name
