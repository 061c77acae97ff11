"""Hosts that a program lists: a dynamic inventory, in Ansible's form.

The program is the administrator's. What it prints comes from anywhere - names and tags of a cloud -
and is held to names, URIs and sizes; none of it runs a program.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.fleet.hosts import ManagedHost
from vnetmgr.fleet.inventory_run import run_inventory
from vnetmgr.fleet.uris import check_uri, runs_a_program, ssh_uri
from vnetmgr.model.names import check_host_name, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vnetmgr.problem import Place
    from vnetmgr.spec.nodes import Document

PROGRAM, GROUPS = "program", "groups"
_CONNECT = "vnetmgr_connect"
_META, _ALL = "_meta", "all"
_MOST_PROBLEMS = 10
_TEMPLATE = "{{"


class Inventory(NamedTuple):
    """A program that lists hosts, and which of them are meant."""

    program: str
    origin: Place
    groups: Sequence[str] | None = None
    """None: all."""


def read_inventory(inventory: Inventory, document: Document) -> list[ManagedHost]:
    """Its hosts, by name; what is wrong is told. Raises VnetError where it says nothing."""
    problems: list[str] = []
    found = list(_managed(inventory, run_inventory(inventory.program), problems))
    for problem in problems[:_MOST_PROBLEMS]:
        document.problem_at(inventory.origin, f"{inventory.program} --list: {problem}")
    if (more := len(problems) - _MOST_PROBLEMS) > 0:
        text = f"{inventory.program} --list: {more} more problems"
        document.problem_at(inventory.origin, text)
    return found


def _managed(inventory: Inventory, text: str, problems: list[str]) -> Iterator[ManagedHost]:
    try:
        listed = Listed(json.loads(text))
        names = listed.hosts_of(inventory.groups)
    except (ValueError, RecursionError) as error:
        problems.append(f"this is no inventory: {error}")
        return
    for name in sorted(names):
        try:
            uri = uri_of(check_host_name(name), listed.variables(name))
        except ValueError as error:
            problems.append(str(error))
        else:
            yield ManagedHost(name=name, connect=uri, origin=inventory.origin)


def uri_of(name: str, variables: Mapping[str, object]) -> str:
    """How a host is reached, as its variables say. Raises ValueError."""
    given = _text(name, variables, _CONNECT)
    if given:
        if runs_a_program(check_uri(given)):
            text = "a URI that runs a program stands in the hosts file alone"
            raise ValueError(f"host {name}: {_CONNECT}: {text}")
        return given
    if _text(name, variables, "ansible_connection") == "local":
        return "qemu:///system"
    host, user, port = (_either(name, variables, key) for key in ("host", "user", "port"))
    key = _text(name, variables, "ansible_ssh_private_key_file")
    return check_uri(ssh_uri(host or name, user=user, port=port, keyfile=key))


def _either(name: str, variables: Mapping[str, object], key: str) -> str:
    """A variable by its name of today, or of long ago."""
    return _text(name, variables, f"ansible_{key}") or _text(name, variables, f"ansible_ssh_{key}")


def _text(name: str, variables: Mapping[str, object], key: str) -> str:
    value = variables.get(key)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"host {name}: {key} is no text")
    if _TEMPLATE in str(value):
        raise ValueError(f"host {name}: {key} is a template, which Ansible alone fills in")
    return str(value)


class Listed:
    """An inventory, as `--list` prints it. Raises ValueError for what is none."""

    def __init__(self, document: object) -> None:
        whole = _map(document, "it")
        if _META not in whole:  # then Ansible asks for each host by itself
            raise ValueError(f"it has no {_META}, with the hostvars of all hosts")
        meta = _map(whole[_META], _META)
        self._of_hosts = _map(meta.get("hostvars", {}), "hostvars")
        self._groups = {
            name: {"hosts": group} if isinstance(group, list) else _map(group, f"group {name}")
            for name, group in whole.items()
            if name != _META
        }
        self._hosts = {name: frozenset(self._names(name, "hosts")) for name in self._groups}
        self._above: dict[str, set[str]] = {name: set() for name in self._groups}
        for name in self._groups:
            for child in self._names(name, "children"):
                self._above.setdefault(child, set()).add(name)

    def _names(self, group: str, key: str) -> list[str]:
        listed = self._groups[group].get(key) or []
        if not isinstance(listed, list | dict) or not all(isinstance(each, str) for each in listed):
            raise ValueError(f"{key} of group {group} are no list of names")
        return [str(each) for each in listed]

    def hosts_of(self, groups: Sequence[str] | None) -> frozenset[str]:
        """All hosts; or those of groups, and of groups in them."""
        if groups is None:
            return frozenset(self._of_hosts).union(*self._hosts.values())
        for group in groups:
            if group not in self._groups:
                guess = did_you_mean(group, self._groups)
                raise ValueError(f"it has no group {group}.{guess}".removesuffix("."))
        return frozenset(
            host
            for name, hosts in self._hosts.items()
            if self._chain(name) & {*groups}
            for host in hosts
        )

    def _chain(self, group: str) -> set[str]:
        """A group and all above it."""
        found, waiting = {group}, [group]
        while waiting:
            for name in self._above.get(waiting.pop(), ()):
                if name not in found:
                    found.add(name)
                    waiting.append(name)
        return found

    def variables(self, host: str) -> dict[str, object]:
        """A host's: its own before those of its groups, and an inner group's before an outer's."""
        groups = {name for name, hosts in self._hosts.items() if host in hosts}
        chains = {name for group in groups for name in self._chain(group)} | {_ALL}
        found: dict[str, object] = {}
        for name in sorted(chains & self._groups.keys(), key=lambda each: (self._deep(each), each)):
            found |= _map(self._groups[name].get("vars", {}), f"vars of group {name}")
        return found | _map(self._of_hosts.get(host, {}), f"hostvars of {host}")

    def _deep(self, group: str) -> int:
        return 0 if group == _ALL else len(self._chain(group))


def _map(value: object, what: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ValueError(f"{what} is no map")
    return value
