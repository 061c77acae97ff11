"""Reads the top of a spec: one file's networks and domains, and everything wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.desired import Intent
from vnetmgr.model.names import check_object_name
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.network_want import NetworkPatch, NetworkWant
from vnetmgr.model.nic_options import DEFAULT_NETWORK
from vnetmgr.model.parsers import parse_boolean
from vnetmgr.model.spec import Spec, SpecDomain
from vnetmgr.spec.networks import NetworkReader
from vnetmgr.spec.nics import NicReader
from vnetmgr.spec.nodes import Document

if TYPE_CHECKING:
    from vnetmgr.model.desired import NicWant
    from vnetmgr.model.network_want import AddressWant
    from vnetmgr.model.spec import Problem
    from vnetmgr.spec.nodes import Node, Pairs

VERSION = "1"
TOP_KEYS = ("version", "networks", "domains", "prune")
DOMAIN_KEYS = ("nics", "prune", "forwards")


def read_spec(text: str, file: str, problems: list[Problem]) -> Spec:
    """One file's spec; what is wrong in it is added to `problems`, and left out."""
    return _Reader(Document(file, problems)).spec(text)


class _Reader:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._networks = NetworkReader(document)
        self._nics = NicReader(document)
        self._addresses: list[AddressWant] = []
        self._needs_default: str | None = None

    def spec(self, text: str) -> Spec:
        document = self._document
        root = document.root(text)
        if root is None:
            return Spec(files=(document.file,))
        pairs = document.pairs(root, "the spec")
        known = dict(document.known(pairs, TOP_KEYS, "a spec"))
        self._version(root, known.get("version"))
        networks = self._all_networks(known.get("networks"))
        domains = self._all_domains(known.get("domains"))
        names = {want.name for want in networks}
        if self._needs_default is not None and DEFAULT_NETWORK not in names:
            networks.append(_default_network(self._needs_default))
        return Spec(
            files=(document.file,),
            networks=tuple(networks),
            addresses=tuple(self._addresses),
            domains=tuple(domains),
            prune=self._prune(pairs),
        )

    def _version(self, root: Node, node: Node | None) -> None:
        if node is None:
            self._document.problem(root, f"version is missing: a spec has version: {VERSION}")
        elif (text := self._document.text(node, "version")) not in (None, VERSION):
            self._document.problem(node, f"version {text} is not known; this is version {VERSION}")

    def _prune(self, pairs: Pairs) -> bool:
        if "prune" not in pairs:
            return False
        node = pairs["prune"][1]
        text = self._document.text(node, "prune")
        try:
            return text is not None and parse_boolean(text)
        except ValueError as error:
            self._document.problem(node, f"prune: {error}")
            return False

    def _all_networks(self, node: Node | None) -> list[NetworkWant]:
        if node is None or self._document.is_empty(node):
            return []
        found = []
        for name, (key, value) in self._document.pairs(node, "networks").items():
            self._check_name(key, name, "network")
            found.append(self._networks.read(key, value))
        return found

    def _check_name(self, key: Node, name: str, what: str) -> None:
        try:
            check_object_name(name, what=what)
        except ValueError as error:
            self._document.problem(key, str(error))

    def _all_domains(self, node: Node | None) -> list[SpecDomain]:
        if node is None or self._document.is_empty(node):
            return []
        return [
            self._domain(name, key, value)
            for name, (key, value) in self._document.pairs(node, "domains").items()
        ]

    def _domain(self, name: str, key: Node, node: Node) -> SpecDomain:
        document = self._document
        self._check_name(key, name, "domain")
        pairs = document.pairs(node, f"domain {name}")
        known = dict(document.known(pairs, DOMAIN_KEYS, "a domain"))
        if "forwards" in known:
            document.problem(
                pairs["forwards"][0], "port forwards are not supported by this version yet"
            )
        nics: list[NicWant] = []
        listed = known.get("nics")
        if listed is not None and not document.is_empty(listed):
            for nic_key, value in document.pairs(listed, f"nics of {name}").values():
                nic, address = self._nics.read(name, nic_key, value)
                nics += [nic] if nic is not None else []
                self._addresses += [address] if address is not None else []
                if document.is_map(value) and any(k.value == "nat" for k, _ in value.value):
                    self._needs_default = self._needs_default or document.origin(nic_key)
        return SpecDomain(
            name=name, origin=document.origin(key), prune=self._prune(pairs), nics=tuple(nics)
        )


def _default_network(origin: str) -> NetworkWant:
    """What a nic with `nat: true` is on."""
    return NetworkWant(
        name=DEFAULT_NETWORK,
        intent=Intent.PRESENT,
        patch=NetworkPatch(mode=NetworkMode.NAT),
        guests=True,
        origin=origin,
    )
