"""What each command is for several hosts: a table."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any

from vnetmgr.model.record import Record


class Reach(Enum):
    """On which of the hosts that are chosen a command is done."""

    EVERY = auto()
    """On each; where it names domains or networks, on those that have one of them."""
    DOMAIN = auto()
    """Where the domain is that it names."""
    ONE = auto()
    """Only one may be chosen: it makes or changes what each host has of its own."""
    OWN = auto()
    """It sees to that itself."""
    NONE = auto()
    """It talks to no host."""


class OnHosts(Record):
    """One command."""

    reach: Reach
    kinds: tuple[str, ...] = ("plan", "report")
    """Of documents that it prints."""
    names: str | None = None
    """The parameter that names domains, or a network: then `networks` says so."""
    networks: bool = False
    here_alone: tuple[str, ...] = ()
    """Parameters that are about a file or a port of the machine that it is called on."""
    here: tuple[str, ...] = ("columns",)
    """Parameters that only who asks heeds."""
    modules: tuple[str, ...] = ("vnetmgr.engine.reconcile", "vnetmgr.render.changes")
    """What it needs: imported once, and not on each host's behalf."""
    asks_ovn: bool = True
    """Whether it takes --ovn-nb."""
    over_libvirt: bool = False
    """Whether it reads files of this machine, so that no other vnetmgr can do it."""


def _list(kind: str, names: str | None = None, *, networks: bool = False) -> OnHosts:
    module = {"host-devices": "hostdevs", "network": "networks"}.get(kind, kind)
    listing = {"leases": "networks", "hostdevs": "nics"}.get(module, module)
    return OnHosts(
        reach=Reach.EVERY,
        kinds=(kind,),
        names=names,
        networks=networks,
        modules=tuple(
            f"vnetmgr.{each}"
            for each in (f"listings.{listing}", f"render.{module}", f"render.documents.{module}")
        ),
    )


def _seeing(kind: str, names: str | None, *modules: str, **more: Any) -> OnHosts:
    return OnHosts(
        reach=Reach.EVERY,
        kinds=(kind,),
        names=names,
        modules=tuple(f"vnetmgr.{each}" for each in modules),
        **more,
    )


_OF_DOMAIN = OnHosts(reach=Reach.DOMAIN, names="domain")
_HELD = OnHosts(reach=Reach.DOMAIN, names="target")
_ONE = OnHosts(reach=Reach.ONE)
_OWN = OnHosts(reach=Reach.OWN)
_NONE = OnHosts(reach=Reach.NONE)
ON_HOSTS = {
    **dict.fromkeys(("attach-nic", "update-nic", "detach-nic", "add-slots"), _OF_DOMAIN),
    **dict.fromkeys(("add-forward", "remove-forward"), _OF_DOMAIN),
    **dict.fromkeys(("hold", "release"), _HELD),
    "prepare-migration": _OF_DOMAIN,
    **dict.fromkeys(("create-network", "update-network", "delete-network"), _ONE),
    **dict.fromkeys(("start-network", "stop-network", "restart-network"), _ONE),
    **dict.fromkeys(("reserve-address", "release-address"), _ONE),
    **dict.fromkeys(("add-dns-record", "remove-dns-record"), _ONE),
    **dict.fromkeys(("join-overlay", "leave-overlay"), OnHosts(reach=Reach.ONE, asks_ovn=False)),
    "create-domain": OnHosts(reach=Reach.ONE, over_libvirt=True),
    "import-qemu": OnHosts(reach=Reach.DOMAIN, names="attach", over_libvirt=True),
    "show-qemu-args": OnHosts(
        reach=Reach.DOMAIN,
        kinds=("qemu-args",),
        names="domain",
        modules=("vnetmgr.listings.nics", "vnetmgr.qemu_args.write"),
    ),
    "list-domains": _list("domains", "domains"),
    "list-nics": _list("nics", "domains"),
    "list-networks": _list("networks", "networks", networks=True),
    "show-network": _list("network", "network", networks=True),
    "list-leases": _list("leases", "networks", networks=True),
    "list-forwards": _list("forwards", "domains"),
    "list-host-devices": _list("host-devices"),
    "list-models": OnHosts(
        reach=Reach.EVERY, kinds=("models",), modules=("vnetmgr.render.models",)
    ),
    "doctor": _seeing(
        "findings",
        "targets",
        "doctor.look",
        "render.findings",
        here_alone=("save", "facts"),
    ),
    "trace": OnHosts(
        reach=Reach.DOMAIN,
        kinds=("trace",),
        names="sender",
        here_alone=("facts",),
        modules=("vnetmgr.trace.now", "vnetmgr.render.traces"),
    ),
    "topology": _seeing(
        "topology", "domains", "topology.look", "render.topology.draw", here=("file",)
    ),
    "export": OnHosts(
        reach=Reach.EVERY,
        kinds=("spec",),
        names="domains",
        here=("file",),
        modules=("vnetmgr.engine.observe", "vnetmgr.spec.export"),
    ),
    "metrics": _seeing(
        "metrics",
        None,
        "metrics.scrape",
        "metrics.names",
        here_alone=("listen", "public", "doctor_interval"),
    ),
    **dict.fromkeys(("validate", "plan", "apply", "reconcile", "watch"), _OWN),
    **dict.fromkeys(("install-service", "check-migration"), _OWN),
    **dict.fromkeys(("schema", "example-spec", "serve-ssh"), _NONE),
}
"""By the command's name."""
