"""nft's JSON rules as nft writes them, for people: near enough to find the rule by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST = 200


def rule_text(expressions: Any) -> str:
    """A rule in one line, without its counters."""
    try:
        parts = [_statement(each) for each in expressions]
    except (AttributeError, KeyError, IndexError, TypeError, ValueError):
        parts = [json.dumps(expressions)]
    text = " ".join(part for part in parts if part)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _statement(expression: Any) -> str:
    ((kind, inner),) = expression.items()
    if kind in _STATEMENTS:
        return _STATEMENTS[kind](inner or {})
    if kind in ("dnat", "snat", "masquerade", "redirect"):
        return _nat(kind, inner or {})
    return str(kind) if inner is None else _value(expression)


def _match(inner: Any) -> str:
    sign = "" if inner["op"] in ("==", "in") else f"{inner['op']} "
    return f"{_value(inner['left'])} {sign}{_value(inner['right'])}"


def _limit(inner: Any) -> str:
    if not isinstance(inner, dict):
        return f"limit name {inner}"
    over = "over " if inner.get("inv") else ""
    return f"limit rate {over}{inner.get('rate')}/{inner.get('per')}"


def _nat(kind: str, inner: dict[str, Any]) -> str:
    target = _value(inner["addr"]) if "addr" in inner else ""
    if ":" in target and "port" in inner:
        target = f"[{target}]"
    port = f":{_value(inner['port'])}" if "port" in inner else ""
    return f"{kind} to {target}{port}" if target or port else kind


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(_value(each) for each in value)
    if not isinstance(value, dict):
        return json.dumps(value) if isinstance(value, str) and " " in value else str(value)
    if len(value) == 1:
        ((kind, inner),) = value.items()
        if kind in _FORMS:
            return _FORMS[kind](inner)
        if kind in ("&", "|", "^", "<<", ">>"):
            return f" {kind} ".join(_value(each) for each in inner)
        if isinstance(inner, str) or inner is None:
            return f"{kind} {inner}" if inner else str(kind)
    return json.dumps(value)


def _keyed(word: str, inner: Any) -> str:
    direction = f"{inner['dir']} " if "dir" in inner else ""
    return f"{word} {direction}{inner['key']}"


def _set(inner: Any) -> str:
    return "{ " + ", ".join(_element(each) for each in inner) + " }"


def _element(each: Any) -> str:
    if isinstance(each, list):
        return f"{_value(each[0])} : {_value(each[1])}"
    return _value(each)


_FORMS: dict[str, Callable[[Any], str]] = {
    "payload": lambda inner: f"{inner['protocol']} {inner['field']}",
    "meta": lambda inner: _meta(inner["key"]),
    "ct": lambda inner: _keyed("ct", inner),
    "fib": lambda inner: f"fib {' . '.join(_listed(inner['flags']))} {inner['result']}",
    "concat": lambda inner: " . ".join(_value(each) for each in inner),
    "prefix": lambda inner: f"{inner['addr']}/{inner['len']}",
    "range": lambda inner: f"{_value(inner[0])}-{_value(inner[1])}",
    "set": _set,
    "elem": lambda inner: _value(inner["val"]),
    "jump": lambda inner: f"jump {inner['target']}",
    "goto": lambda inner: f"goto {inner['target']}",
    "map": lambda inner: f"{_value(inner['key'])} map {_value(inner['data'])}",
}
_STATEMENTS: dict[str, Callable[[Any], str]] = {
    "counter": lambda _: "",
    "match": _match,
    "vmap": lambda inner: f"{_value(inner['key'])} vmap {_value(inner['data'])}",
    "mangle": lambda inner: f"{_value(inner['key'])} set {_value(inner['value'])}",
    "reject": lambda inner: " ".join(["reject", *(str(each) for each in inner.values())]),
    "log": lambda inner: " ".join(["log", *(f"{key} {inner[key]}" for key in inner)]),
    "limit": _limit,
    "xt": lambda inner: f"# xt {inner.get('type')} {inner.get('name')}",
}
_BARE = frozenset({"iif", "oif", "iifname", "oifname"})


def _meta(key: str) -> str:
    return key if key in _BARE else f"meta {key}"


def _listed(flags: Any) -> list[str]:
    return [flags] if isinstance(flags, str) else list(flags)
