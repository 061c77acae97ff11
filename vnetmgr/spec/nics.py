"""Reads a nic of a spec. Its keys are the options of attach-nic, read by the same table."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from vnetmgr.model.desired import NicWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.names import check_nic_name
from vnetmgr.model.network_want import AddressWant
from vnetmgr.model.nic import Mode, NicPatch, Source
from vnetmgr.model.options.nic_patch import option_value, source_value
from vnetmgr.model.options.nics import NIC_OPTIONS, SOURCE_OPTIONS
from vnetmgr.model.options.parsers import Kind, parse_address
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vnetmgr.model.options.nics import NicOption
    from vnetmgr.spec.nodes import Document, Node, Pairs

VALUE_KEYS: dict[str, NicOption] = {
    key: option for key, option in NIC_OPTIONS.items() if key != "name"
}
MATCH = "match"
"""How a nic is found that has neither the name nor the MAC that the spec gives."""
MATCHES = ("source",)
NIC_KEYS = frozenset({*SOURCE_OPTIONS, *VALUE_KEYS, "address", MATCH})
# Whose places the checks between nics ask for.
_PLACED = ("mac", "portgroup")

# Thousands of nics say the same few things.
_option_value = cache(option_value)
_source_value = cache(source_value)
_check_name = cache(check_nic_name)
_NAT = source_value("nat", "yes")


class NicReader:
    """Reads the nics of one file."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def read(self, domain: str, key: Node, node: Node) -> tuple[NicWant | None, AddressWant | None]:
        """A nic and its reservation; None for what is wrong, which is told."""
        document, name = self._document, key.value
        document.whose = About("nic", name, domain)
        try:
            _check_name(name)
        except ValueError as error:
            document.problem(key, str(error))
        fields: dict[str, object] = {}
        sources: dict[str, Source | None] = {}
        pairs = document.pairs(node, f"nic {name}")
        for option, (at, value) in pairs.items():
            if option in SOURCE_OPTIONS:
                self._source(option, value, sources)
            elif option in VALUE_KEYS:
                self._option(option, value, fields)
            elif option not in ("address", MATCH):
                self._unknown(option, at)
        if len(sources) != 1 and document.is_map(node):
            self._sources(key, pairs, list(sources))
        source = next(iter(sources.values())) if len(sources) == 1 else None
        if source is None:
            return None, None
        want = NicWant(
            domain=domain,
            intent=Intent.PRESENT,
            patch=NicPatch(source=source, **fields),  # type: ignore[arg-type]  # the parsers fit
            spec_name=name,
            by_source=MATCH in pairs and self._match(pairs[MATCH][1]),
            origin=document.origin(key),
        )
        self._place(want, pairs, fields)
        address = pairs["address"][1] if "address" in pairs else None
        return want, None if address is None else self._address(want, address, source)

    def _place(self, want: NicWant, pairs: Pairs, fields: Mapping[str, object]) -> None:
        document = self._document
        for key in _PLACED:
            if key in fields:
                document.places[want.origin, fields[key]] = document.origin(pairs[key][1])
        if "nat" in pairs and "network" not in pairs and want.patch.source == _NAT:
            document.places[want.origin, "nat"] = document.origin(pairs["nat"][1])

    def _unknown(self, option: str, at: Node) -> None:
        if option == "name":
            self._document.problem(at, "name is no key of a nic: what stands before it is its name")
        else:
            self._document.unknown(at, option, NIC_KEYS, "a nic")

    def _sources(self, key: Node, pairs: Pairs, sources: list[str]) -> None:
        if not sources:
            listed = ", ".join(SOURCE_OPTIONS)
            self._document.problem(key, f"nic {key.value} needs a source: one of {listed}")
        for option in sources[1:]:
            self._document.problem(
                pairs[option][1], f"nic {key.value} has one source, not {sources[0]} and {option}"
            )

    def _source(self, option: str, node: Node, sources: dict[str, Source | None]) -> None:
        """Read a source; None for one that is wrong, and nothing for a flag that says no."""
        document, kind = self._document, SOURCE_OPTIONS[option].kind
        if kind is Kind.FLAG and (document.is_map(node) or document.is_null(node)):
            if node.value and document.is_map(node):
                document.problem(node, f"{option} has no settings: write {{}}")
            sources[option] = _source_value(option, "yes")
            return
        text = document.text(node, option)
        sources[option] = None
        if text is None:
            return
        try:
            sources[option] = _source_value(option, text)
            if sources[option] is None:
                del sources[option]
        except ValueError as error:
            document.wrong(node, option, error, "source")

    def _option(self, option: str, node: Node, fields: dict[str, object]) -> None:
        document, places, kind = self._document, [node], VALUE_KEYS[option].kind
        compound = VALUE_KEYS[option].compound
        if compound is not None and document.is_map(node):
            from vnetmgr.spec.compounds import read_compound

            made = read_compound(document, compound, node, option)
            if made is not None:
                fields[option] = made
            return
        if kind is Kind.PAIRS and document.is_map(node):
            pairs = document.pairs(node, option)
            places = [value for _, value in pairs.values()]
            given = document.texts(places, option)
            texts = None if given is None else list(map("{}={}".format, pairs, given))
        elif kind.repeatable:
            places = document.items(node, option)
            texts = document.texts(places, option)
        else:
            text = document.text(node, option)
            texts = None if text is None else [text]
        if texts is None:
            return
        try:
            fields[option] = _option_value(option, tuple(texts)) if texts else None
        except ValueError as error:
            self._wrong(option, node, list(zip(places, texts, strict=True)), error)

    def _wrong(
        self, option: str, node: Node, given: list[tuple[Node, str]], problem: ValueError
    ) -> None:
        """Each of several values that is wrong; else what is wrong between them."""
        has_problem = False
        for place, text in given if len(given) > 1 else ():
            try:
                VALUE_KEYS[option].parse(text)
            except ValueError as error:
                has_problem = True
                self._document.wrong(place, option, error)
        if not has_problem:
            at = given[0][0] if len(given) == 1 else node
            self._document.wrong(at, option, problem)

    def _match(self, node: Node) -> bool:
        text = self._document.text(node, MATCH)
        if text is not None and text not in MATCHES:
            self._document.problem(node, f"{MATCH}: {text!r} is not {' or '.join(MATCHES)}")
        return text in MATCHES

    def _address(self, want: NicWant, node: Node, source: Source) -> AddressWant | None:
        document = self._document
        if source.mode is not Mode.NETWORK:
            document.problem(
                node, f"address: nic {want.spec_name} is on no network, which could reserve it"
            )
            return None
        text = document.text(node, "address")
        if text is None:
            return None
        try:
            address = parse_address(text)
        except ValueError as error:
            document.problem(node, f"address: {error}")
            return None
        return AddressWant(
            network=source.name or "",
            intent=Intent.PRESENT,
            domain=want.domain,
            nic=want.spec_name,
            address=address,
            origin=document.origin(node),
        )
