"""Lists, as tables of their documents' keys."""

from __future__ import annotations

from datetime import datetime
from time import time
from typing import TYPE_CHECKING, Any, TypeAlias

from vnetmgr.render.columns import Column, Columns, text_of_value
from vnetmgr.render.nics import LEAST as NICS_LEAST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from vnetmgr.render.documents.shape import Shape

Item: TypeAlias = "Mapping[str, Any]"


class ItemColumns(Columns[Item]):
    """What a list can show of the items of its document."""

    def _of(self, name: str) -> Column[Item]:
        return _key(name)


def _key(name: str, heading: str | None = None) -> Column[Item]:
    shown = name.upper().replace("_", " ") if heading is None else heading
    return Column(shown, lambda item: text_of_value(item.get(name)))


def _keys(*names: str, **headed: str) -> dict[str, Column[Item]]:
    return {name: _key(name, headed.get(name)) for name in (*names, *headed)}


def _shape(module: str, name: str) -> Callable[[], Shape[Any]]:
    def load() -> Shape[Any]:
        from importlib import import_module

        found: Shape[Any] = getattr(import_module(f"vnetmgr.render.documents.{module}"), name)
        return found

    return load


def _label(item: Item) -> str:
    return "-" if item["domain"] is None else f"{item['domain']}/{item['nic'] or item['mac']}"


def _names_of_nics(item: Item) -> str:
    return ", ".join(nic["name"] or nic["mac"] or "-" for nic in item["nics"]) or "-"


def _addresses(item: Item) -> str:
    # Every IPv6 link has a link-local address; it tells a person nothing.
    telling = [each for each in item["addresses"] or () if not each["address"].startswith("fe80:")]
    return ", ".join(f"{each['address']} ({each['origin']})" for each in telling) or "-"


def _source(item: Item) -> str:
    vlan = f" vlan {text_of_value(item['vlan'])}" if item["vlan"] else ""
    return f"{item['source'] or ''}{vlan}" or "-"


def _count(item: Item) -> str:
    lost = item["orphans"]
    return f"{len(item['nics'])}" + (f" ({lost} orphan{'s' if lost > 1 else ''})" if lost else "")


IN_STATE = frozenset({"active", "autostart", "persistent", "pending"})


def network_state(item: Item) -> str:
    """Whether a network runs, and what else these keys say of that."""
    words = ["running" if item["active"] else "off"]
    words += ["autostart"] if item["autostart"] else []
    words += [] if item["persistent"] else ["transient"]
    words += ["pending: " + ", ".join(item["pending"])] if item["pending"] else []
    return ", ".join(words)


def _time_left(item: Item) -> str:
    from vnetmgr.render.leases import duration

    if not item["leased"]:
        return "-"
    if item["expires"] is None:
        return "never"
    try:
        left = int(datetime.fromisoformat(item["expires"]).timestamp() - time())
    except (ValueError, OverflowError):
        return str(item["expires"])
    return duration(left) if left > 0 else "expired"


def _lease_state(item: Item) -> str:
    return ", ".join(word for word in ("leased", "reserved") if item[word])


def _forward(item: Item) -> str:
    from vnetmgr.render.documents.forwards import forward_name_of

    return forward_name_of(item)


def _guest(item: Item) -> str:
    from vnetmgr.render.documents.forwards import place_of

    return place_of(item["guest_address"] or "?", item["guest_port"], item["ports"])


def _pf_or_vf(item: Item) -> str:
    if item["vfs_possible"]:
        return f"PF, {len(item['vfs'])} of {item['vfs_possible']} VFs"
    return f"VF of {item['pf']}" if item["vf"] else "-"


def _assignable(item: Item) -> str:
    return "yes" if item["assignable"] else "no: " + "; ".join(item["reasons"])


def _unseen(name: str) -> Callable[[Item], str]:
    """A value where None says that it cannot be seen."""
    return lambda item: "?" if item[name] is None else text_of_value(item[name])


LISTS: dict[str, ItemColumns] = {
    "domains": ItemColumns(
        {
            **_keys("id", "name", "state", "uuid"),
            "nics": Column("NICS", _names_of_nics),
        },
        _shape("domains", "DOMAIN"),
    ),
    "nics": ItemColumns(
        {
            **_keys("domain", name="NIC"),
            **_keys("mac", "mode"),
            "source": Column("SOURCE", _source),
            **_keys("model", "target", "link"),
            "addresses": Column("ADDRESSES", _addresses),
            **_keys("state"),
        },
        _shape("nics", "NIC"),
    ),
    "networks": ItemColumns(
        {
            **_keys("name", "mode", "bridge"),
            "state": Column("STATE", network_state),
            **_keys("subnets"),
            "nics": Column("NICS", _count),
        },
        _shape("networks", "NETWORK"),
    ),
    "leases": ItemColumns(
        {
            **_keys("network", "address", "mac"),
            "domain/nic": Column("DOMAIN/NIC", _label),
            **_keys("hostname"),
            "expires": Column("EXPIRES", _time_left),
            "state": Column("STATE", _lease_state),
        },
        _shape("leases", "LEASE"),
    ),
    "forwards": ItemColumns(
        {
            "domain/nic": Column("DOMAIN/NIC", lambda item: _label({"mac": "?", **item})),
            "forward": Column("HOST PORT", _forward),
            "guest": Column("GUEST", _guest),
            "allow_from": Column("FROM", lambda item: " ".join(item["allow_from"]) or "everywhere"),
            "active": Column("ACTIVE", _unseen("active")),
            "connections": Column("CONNECTIONS", _unseen("connections")),
        },
        _shape("forwards", "FORWARD"),
    ),
    "host-devices": ItemColumns(
        {
            **_keys("address", "link", "driver"),
            "id": Column("ID", lambda item: f"{item['vendor']}:{item['product']}"),
            "kind": Column("KIND", _pf_or_vf),
            **_keys(iommu_group="GROUP"),
            **_keys("domain"),
            "assignable": Column("ASSIGNABLE", _assignable),
        },
        _shape("hostdevs", "DEVICE"),
    ),
    "models": ItemColumns(
        {
            **_keys(name="MODEL"),
            **_keys("class"),
            **_keys(pci_id="PCI ID"),
            **_keys("driver"),
            **_keys(speed_mbit="MBIT/S"),
            **_keys("slot", "machines"),
            **_keys(summary="FOR"),
        },
        _shape("models", "MODEL"),
    ),
}
"""By the kind of document."""

IN_NETWORK = {
    "nics": ItemColumns(
        {
            "nic": Column("NIC", lambda item: f"{item['domain']}/{item['name'] or item['mac']}"),
            **_keys("mac", "target", "addresses"),
        },
        _shape("networks", "NETWORK_NIC"),
    ),
    "leases": LISTS["leases"],
    "forwards": LISTS["forwards"],
}
"""The lists in the document of one network."""

LEAST = {"nics": NICS_LEAST}
"""The headings of the columns that go first where there is no room."""

NOTHING = {
    "domains": "no domains",
    "nics": "no nics",
    "networks": "no networks",
    "leases": "no leases and no reservations",
    "forwards": "no port forwards",
    "host-devices": "no PCI network devices",
}
"""What is said of an empty one."""


def colours(kind: str, items: Iterable[Item]) -> Iterator[str]:
    """Red for what is broken, yellow for what is not the same in config and live."""
    for item in items:
        if kind == "nics" and item["orphan"]:
            yield "red"
        elif kind == "nics" and (item["pending"] or not item["in_config"]):
            yield "yellow"
        elif kind == "networks":
            yield "red" if item["orphans"] else "yellow" if item["pending"] else ""
        else:
            yield ""


def notes_of(kind: str, document: Mapping[str, Any]) -> Iterator[str]:
    """What else to know; of forwards what is in their way, too."""
    for item in document["items"] if kind == "forwards" else ():
        whose = item["domain"] or "no domain"
        yield from (f"{whose}: {_forward(item)}: {problem}" for problem in item["problems"])
    yield from document.get("notes", ())
