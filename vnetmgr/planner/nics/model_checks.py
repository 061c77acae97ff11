"""What can be known to be wrong with a nic's model, and with what only some models have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.names import did_you_mean
from vnetmgr.model.qemu.models import NIC_MODELS, Grade
from vnetmgr.model.sources import VIRTIO_RINGS
from vnetmgr.problem import Worded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vnetmgr.model.nic import Nic
    from vnetmgr.planner.context import Context


def model_problems(nic: Nic, fields: frozenset[str], context: Context) -> Iterable[tuple[str, str]]:
    """(field, what is wrong) of what depends on the model."""
    model, shown = nic.model or "", nic.model or "of QEMU by default"
    if "model" in fields and model and model not in NIC_MODELS:
        if "force-model" not in context.policy.allow:
            yield (
                "model",
                f"model {model} is not known; libvirt would accept it and the guest fail to "
                f"start.{did_you_mean(model, NIC_MODELS)} (--allow force-model takes it as it is)",
            )
    elif "model" in fields and model and _unusable(model, context):
        yield (
            "model",
            f"model {model} cannot be started by libvirt, which puts it on PCI; nearest: ne2k_pci "
            "(--allow force-model takes it as it is)",
        )
    elif nic.queues and fields & {"queues", "model"} and not _multiqueue(model):
        yield "queues", _misfit("queues", shown, "queues")
    if nic.source.mode in VIRTIO_RINGS and fields & {"source", "model"} and not _multiqueue(model):
        # "vhostuser requires the virtio-net* frontend", "invalid model for interface of type
        # 'vdpa'" (seen on 9.0).
        yield "model", f"a {nic.source.mode} nic is virtio, not model {shown}"
    if nic.vectors is not None and fields & {"vectors", "model"} and not _multiqueue(model):
        yield "vectors", _misfit("vectors", shown, "them")


def _misfit(key: str, model: str, what: str) -> str:
    why = f"does not fit model {model}: only virtio has {what}"
    return Worded(f"--{key} {why}", f"{key} {why}")


def _unusable(model: str, context: Context) -> bool:
    known = NIC_MODELS.get(model)
    forced = "force-model" in context.policy.allow
    return known is not None and known.grade is Grade.UNUSABLE and not forced


def _multiqueue(model: str) -> bool:
    known = NIC_MODELS.get(model)
    return known is not None and known.multiqueue
