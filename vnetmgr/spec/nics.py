"""Reads a nic of a spec. Its keys are the options of attach-nic, read by the same table."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from vnetmgr.model.desired import Intent, NicWant
from vnetmgr.model.names import check_nic_name
from vnetmgr.model.network_want import AddressWant
from vnetmgr.model.nic import Mode, NicPatch, Source
from vnetmgr.model.nic_options import (
    NIC_OPTIONS,
    REPEATABLE,
    SOURCE_OPTIONS,
    option_value,
    source_value,
)
from vnetmgr.model.parsers import parse_address

if TYPE_CHECKING:
    from vnetmgr.spec.nodes import Document, Node

NIC_KEYS = frozenset({*SOURCE_OPTIONS, *NIC_OPTIONS, "address"}) - {"name"}
_FLAGS = frozenset({"nat", "user"})
_PAIRS = frozenset({"filter_param", "extra"})
_MISSING = object()

# Thousands of nics say the same few things.
_option_value = cache(option_value)
_source_value = cache(source_value)


class NicReader:
    """Reads the nics of one file."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def read(self, domain: str, key: Node, node: Node) -> tuple[NicWant | None, AddressWant | None]:
        """A nic and its reservation; None for what is wrong, which is told."""
        document, name = self._document, key.value
        try:
            _check_name(name)
        except ValueError as error:
            document.problem(key, str(error))
        fields: dict[str, object] = {}
        sources: list[tuple[str, Node, Source]] = []
        address: Node | None = None
        what = f"nic {name}"
        for option, value in document.known(document.pairs(node, what), NIC_KEYS, "a nic"):
            if option in SOURCE_OPTIONS:
                source = self._source(option, value)
                if source is not None:
                    sources.append((option, value, source))
            elif option == "address":
                address = value
            else:
                found = self._option(option, value)
                if found is not _MISSING:
                    fields[option] = found
        if len(sources) != 1:
            if len(sources) > 1 or not any(k.value in SOURCE_OPTIONS for k, _ in _pairs(node)):
                self._sources(key, sources)
            return None, None
        fields["source"] = sources[0][2]
        want = NicWant(
            domain=domain,
            intent=Intent.PRESENT,
            patch=NicPatch(**fields),  # type: ignore[arg-type]  # the table's parsers fit
            spec_name=name,
            origin=document.origin(key),
        )
        if address is None:
            return want, None
        return want, self._address(domain, name, address, sources[0][2])

    def _sources(self, key: Node, sources: list[tuple[str, Node, Source]]) -> None:
        if not sources:
            listed = ", ".join(SOURCE_OPTIONS)
            self._document.problem(key, f"nic {key.value} needs a source: one of {listed}")
        for option, value, _ in sources[1:]:
            self._document.problem(
                value, f"nic {key.value} has one source, not {sources[0][0]} and {option}"
            )

    def _source(self, option: str, node: Node) -> Source | None:
        document = self._document
        if option in _FLAGS and document.is_empty(node):
            text: str | None = "yes"  # `user: {}`, as `user:` alone
        else:
            text = document.text(node, option)
        if text is None:
            return None
        try:
            return _source_value(option, text)
        except ValueError as error:
            document.problem(node, str(error))
            return None

    def _option(self, option: str, node: Node) -> object:
        document = self._document
        if option in _PAIRS and document.is_map(node):
            pairs = document.pairs(node, option)
            values = [(key, document.text(value, key)) for key, (_, value) in pairs.items()]
            texts = [None if text is None else f"{key}={text}" for key, text in values]
        elif option in REPEATABLE:
            texts = [document.text(item, option) for item in document.items(node)]
        else:
            texts = [document.text(node, option)]
        given = tuple(text for text in texts if text is not None)
        if len(given) < len(texts) or (not given and option in REPEATABLE):
            return None if not texts else _MISSING
        try:
            return _option_value(option, given)
        except ValueError as error:
            document.problem(node, str(error))
            return _MISSING

    def _address(self, domain: str, name: str, node: Node, source: Source) -> AddressWant | None:
        document = self._document
        if source.mode is not Mode.NETWORK or source.name is None:
            document.problem(node, f"address: nic {name} is on no network, which could reserve it")
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
            network=source.name,
            intent=Intent.PRESENT,
            domain=domain,
            nic=name,
            address=address,
            origin=document.origin(node),
        )


def _pairs(node: Node) -> list[tuple[Node, Node]]:
    return node.value if isinstance(node.value, list) else []


_check_name = cache(check_nic_name)
