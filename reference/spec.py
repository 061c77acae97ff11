"""The keys of a spec, from the schema that editors are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reference.markdown import code, page, table, text
from reference.schema import kind_of
from vnetmgr.spec.schema import json_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reference.schema import Schema

_INTRO = """What a spec may say, as `vnetmgr schema` describes it to editors. A key that is
absent is not managed: whatever is there stays. `none` clears a setting. A list or a map that is
there is complete. Values are read as text and typed by their key, so that quotes make no
difference. Where a key has a plural, the singular is short for a list of one. How it behaves:
[Specs](../design/specs.md)."""

_LINKS = {
    "ovn": "[map](#ovn)",
    "networks": "map of name to [network](#a-network)",
    "domains": "map of name to [domain](#a-domain)",
    "nics": "map of name to [nic](#a-nic)",
    "forwards": "list of [forwards](#a-port-forward)",
    "portgroups": "map of name to [portgroup](#a-portgroup)",
    "records": "list of [records](#a-dns-record)",
}
_DEFAULT = {"description": "Whether nics that name no portgroup are in this one."}


def spec_page() -> str:
    """docs/reference/spec.md."""
    top: Schema = json_schema()
    network = _values(top, "networks")
    domain = _values(top, "domains")
    parts = {
        "The file": top,
        "Ovn": top["properties"]["ovn"],
        "A domain": domain,
        "A nic": _values(domain, "nics"),
        "A port forward": _item(domain, "forwards"),
        "A network": network,
        "A portgroup": _values(network, "portgroups"),
        "A DNS record": _item(network, "records"),
    }
    return page(
        "Spec",
        _INTRO,
        *(
            line
            for heading, schema in parts.items()
            for line in _section(heading, schema, _helps(network, _values(domain, "nics")))
        ),
    )


def _helps(network: Schema, nic: Schema) -> Schema:
    """A portgroup's keys say nothing themselves: they are what its nics get."""
    return {**network["properties"], **nic["properties"], "default": _DEFAULT}


def _section(heading: str, schema: Schema, helps: Schema) -> Iterator[str | Iterable[str]]:
    yield f"## {heading}"
    yield table(("key", "value", "what it is"), _rows(schema["properties"], helps))


def _rows(properties: dict[str, Schema], helps: Schema) -> Iterator[tuple[str, str, str]]:
    """`helps`: what to say of keys that say nothing themselves."""
    for key, value in properties.items():
        if any(each in properties for each in _singulars(key)):
            continue
        plural = next((each for each in properties if key in _singulars(each)), None)
        kind = _LINKS.get(key) or kind_of(value)
        said = value.get("description") or helps.get(key, {}).get("description", "")
        keys = code(key) if plural is None else f"{code(key)}, {code(plural)}"
        yield keys, kind if plural is None else f"{kind}; a list", text(said)


def _singulars(key: str) -> tuple[str, ...]:
    """What a plural may be the plural of: subnets, dhcp_ranges, addresses."""
    return tuple(key.removesuffix(end) for end in ("s", "es") if key.endswith(end))


def _objects(schema: Any) -> Iterator[Schema]:
    """The maps with keys of their own that a value may be, or be a list of."""
    if "properties" in schema:
        yield schema
    for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _objects(each)
    if "items" in schema:
        yield from _objects(schema["items"])


def _values(schema: Schema, key: str) -> Schema:
    """What the values of a key's map are."""
    said = schema["properties"][key]
    maps = [said, *said.get("anyOf", ())]
    values = (each["additionalProperties"] for each in maps if each.get("additionalProperties"))
    return next(each for value in values for each in _objects(value))


def _item(schema: Schema, key: str) -> Schema:
    return next(_objects(schema["properties"][key]))
