"""The administrator's file of hosts: the one place that says how hosts are reached.

A URI may run a program, and so may the file: specs, which come from anywhere, name hosts alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import SpecError, UsageError
from vnetmgr.fleet.hosts import DEFAULT_FILE, Hosts, ManagedHost
from vnetmgr.fleet.inventory import GROUPS, PROGRAM, Inventory, read_inventory
from vnetmgr.fleet.uris import check_uri
from vnetmgr.model.names import check_host_name
from vnetmgr.problem import About
from vnetmgr.runtime.trusted_file import NotTrustedError, read_trusted
from vnetmgr.spec.nodes import Document
from vnetmgr.spec.read import VERSION, read_version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.problem import Problem
    from vnetmgr.spec.nodes import Node

HOSTS_KEYS = ("version", "hosts", "inventory")
HOST_KEYS = ("connect",)
INVENTORY_KEYS = (PROGRAM, GROUPS)
_HINT = 'a hosts file: version: 1, and hosts: {kvm1: {connect: "qemu+ssh://root@kvm1/system"}}'


def load_hosts(path: str | None = None) -> Hosts:
    """The hosts of a file, else of /etc/vnetmgr/hosts.yaml, and of the inventory that it names.

    Raises UsageError for what cannot be read or trusted, SpecError with everything that is wrong.
    """
    file = DEFAULT_FILE if path is None else path
    problems: list[Problem] = []
    document = Document(file, problems, kind="hosts file")
    found, inventory = _read(document, _text(file, named=path is not None))
    if problems:
        raise SpecError(problems)
    named = {host.name for host in found}
    others = [] if inventory is None else read_inventory(inventory, document)
    if problems:
        raise SpecError(problems)
    # The file is nearer than what its program says.
    return Hosts(file=file, hosts=(*found, *(host for host in others if host.name not in named)))


def hosts_in_file(path: str | None = None) -> Hosts:
    """Those that the file itself names, for who has pressed a key: no program is run. Raises
    UsageError."""
    file = DEFAULT_FILE if path is None else path
    found, _ = _read(Document(file, [], kind="hosts file"), _text(file, named=path is not None))
    return Hosts(file=file, hosts=tuple(found))


def _text(file: str, *, named: bool) -> str:
    about = About("file", file)
    if not file:  # of a variable that is not set
        raise UsageError("an empty path leads to no file of hosts", _HINT)
    try:
        return read_trusted(file)
    except NotTrustedError as error:
        text = f"{file} is not used, since it says which programs are run: {error.strerror}"
        raise UsageError(text, error.remedy, about=about) from None
    except FileNotFoundError as error:
        hint = _HINT if named else f"write it, or name one with --hosts FILE; {_HINT}"
        raise UsageError(f"{file} cannot be read: {error.strerror}", hint, about=about) from None
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", _HINT, about=about) from None


def _read(document: Document, text: str) -> tuple[list[ManagedHost], Inventory | None]:
    root = document.root(text)
    if root is None:
        return [], None
    pairs = document.pairs(root, "the hosts file")
    known = dict(document.known(pairs, HOSTS_KEYS, "a hosts file"))
    if document.is_map(root):
        read_version(document, root, known.get("version"))
    hosts = list(_hosts(document, known["hosts"])) if "hosts" in known else []
    inventory = _inventory(document, known["inventory"]) if "inventory" in known else None
    return hosts, inventory


def _hosts(document: Document, node: Node) -> Iterator[ManagedHost]:
    for name, (key, value) in document.pairs(node, "hosts").items():
        try:
            check_host_name(name)
        except ValueError as error:
            document.problem(key, str(error))
        pairs = document.pairs(value, f"host {name}")
        known = dict(document.known(pairs, HOST_KEYS, "a host"))
        if "connect" in known:
            uri = _uri(document, known["connect"])
            if uri is not None:
                yield ManagedHost(name=name, connect=uri, origin=document.origin(key))
        elif document.is_map(value):
            document.problem(key, f"host {name}: connect is missing: the URI of its libvirt")


def _uri(document: Document, node: Node) -> str | None:
    text = document.text(node, "connect")
    try:
        return None if text is None else check_uri(text)
    except ValueError as error:
        document.problem(node, f"connect: {error}")
        return None


def _inventory(document: Document, node: Node) -> Inventory | None:
    """A program; or a map with it, and the groups that are meant."""
    place, groups = node, None
    if document.is_map(node):
        pairs = document.pairs(node, "inventory")
        known = dict(document.known(pairs, INVENTORY_KEYS, "an inventory"))
        if PROGRAM not in known:
            document.problem(node, f"inventory: {PROGRAM} is missing")
            return None
        place = known[PROGRAM]
        if GROUPS in known:
            groups = document.texts(document.items(known[GROUPS], GROUPS), GROUPS)
    text = document.text(place, "inventory")
    if text is not None and not text.startswith("/"):
        document.problem(place, f"inventory: {text!r} is no absolute path of a program")
        return None
    return None if text is None else Inventory(text, document.origin(place), groups)


def json_schema() -> dict[str, object]:
    """Draft 2020-12, for editors."""
    text = {"type": "string"}
    uri = {**text, "description": "The URI of its libvirt: qemu+ssh://root@kvm1/system."}
    host = {**_object({"connect": uri}), "required": ["connect"]}
    program = {**text, "pattern": "^/", "description": "Run with --list: JSON as Ansible has it."}
    some = {"anyOf": [{"type": "array", "items": text}, text]}
    groups = {**some, "description": "The hosts of these groups alone."}
    inventory = {**_object({PROGRAM: program, GROUPS: groups}), "required": [PROGRAM]}
    hosts = {
        "type": "object",
        "additionalProperties": host,
        "description": "How each host is reached, by its name.",
    }
    version = {"enum": [int(VERSION), VERSION], "description": "The version of the format."}
    listed = {"anyOf": [program, inventory], "description": "Hosts that a program lists."}
    keys = {"version": version, "hosts": hosts, "inventory": listed}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "vnetmgr hosts",
        **_object({key: keys[key] for key in HOSTS_KEYS}),
        "required": ["version"],
    }


def _object(properties: dict[str, object]) -> dict[str, object]:
    return {"type": "object", "properties": properties, "additionalProperties": False}
