"""Facts as a file that goes along with a bug report, and back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from vnetmgr.command import Command
from vnetmgr.errors import UsageError
from vnetmgr.model.path.codec import from_json, to_json
from vnetmgr.model.path.facts import PathFacts
from vnetmgr.model.path.rulesets import malformed

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import IpAddress

_KIND, _VERSION = "path-facts", 1
_SAVING = Command("doctor", "--save", "FILE")


def _hint() -> str:
    return f"give what `{_SAVING}` has written, unchanged"


def saved(facts: PathFacts) -> str:
    """The file's text."""
    document = {"kind": _KIND, "version": _VERSION, "facts": to_json(facts)}
    return json.dumps(document, indent=1) + "\n"


def read_saved(text: str) -> PathFacts:
    """What was saved. Raises UsageError with the place of what is no such file, is damaged, or
    was written by a vnetmgr that knows more."""
    document = _parsed(text)
    if not isinstance(document, dict) or document.get("kind") != _KIND:
        raise UsageError(f"this is no file of saved facts: its kind is not {_KIND}", _hint())
    version = document.get("version")
    if version != _VERSION:
        raise UsageError(
            f"version: {version!r} is not {_VERSION}, which is what this vnetmgr reads",
            "read it with the vnetmgr that wrote it, or a newer one",
        )
    try:
        facts = from_json(PathFacts, document.get("facts"), "facts")
        _refuse_stateless(facts)
        _refuse_prefixes(facts)
        nft = facts.rulesets and facts.rulesets.nft
        if wrong := malformed(nft or ()):
            raise UsageError(f"facts.rulesets.nft{wrong}")
    except UsageError as error:
        raise error.saying(error.text, _hint()) from None
    return facts


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UsageError(f"{place}: no JSON: {error.msg}", _hint()) from None
    except (RecursionError, ValueError):  # nested without end; a number without end
        raise UsageError("this is no JSON that could have been saved", _hint()) from None


def _refuse_stateless(facts: PathFacts) -> None:
    """An object of libvirt's is in one of its states at least."""
    both: list[tuple[str, object, object]] = [
        (f"networks[{at}]", each.config, each.live) for at, each in enumerate(facts.networks)
    ]
    for place, domain in enumerate(facts.domains):
        both += [
            (f"domains[{place}].nics[{at}]", nic.config, nic.live)
            for at, nic in enumerate(domain.nics)
        ]
    for where, config, live in both:
        if config is None and live is None:
            raise UsageError(f"facts.{where}: neither config nor live")


def _refuse_prefixes(facts: PathFacts) -> None:
    """A prefix is no longer than its address."""
    found: list[tuple[str, IpAddress, int]] = [
        (f"links[{at}].addresses", each.address, each.prefix)
        for at, link in enumerate(facts.links or ())
        for each in link.addresses
    ]
    found += [(f"leases[{at}]", e.address, e.prefix) for at, e in enumerate(facts.leases or ())]
    found += [
        (f"domains[{at}].agent", each.address, each.prefix)
        for at, domain in enumerate(facts.domains)
        for link in domain.agent or ()
        for each in link.addresses
    ]
    for where, address, prefix in found:
        if not 0 <= prefix <= address.max_prefixlen:
            raise UsageError(f"facts.{where}: {address} has no prefix of {prefix} bits")
