"""The keys of the hosts file, from the schema that editors are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reference.markdown import code, page, table, text
from reference.schema import kind_of
from vnetmgr.fleet.hosts_file import json_schema
from vnetmgr.fleet.inventory_run import LARGEST, TIMEOUT_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference.schema import Schema

_INTRO = """How each of several hosts is reached: `--hosts FILE`, else `/etc/vnetmgr/hosts.yaml`, as
`vnetmgr schema hosts` describes it to editors. Specs name hosts, and never say how they are
reached: a URI may run a program, so that a spec from anywhere could. The file has to be root's, or
the user's own, and nobody else may write it (`chmod 644`); so has the program of an inventory. A
URI has no password in it."""
_EXAMPLE = """```yaml
version: 1
hosts:
  kvm1: {connect: "qemu+ssh://root@kvm1/system"}
  kvm2: {connect: "qemu+tcp://10.0.0.2/system"}
inventory: {program: /etc/vnetmgr/inventory.py, groups: [kvm]}
```"""
_INVENTORY = f"""`PROGRAM --list` prints JSON as Ansible's dynamic inventories do, `_meta` with
`hostvars` included, within {TIMEOUT_S:g} s, and no more than {LARGEST // 1024**2} MiB. What it says
of a host that the file names as well does not count. A host is reached as its variables say, its
own before those of its groups:

- `vnetmgr_connect`: a URI, but none that runs a program.
- Else `ansible_host`, `ansible_user`, `ansible_port` and `ansible_ssh_private_key_file`, by
  `qemu+ssh`; without any, by its name. `ansible_connection: local` is this machine."""
_LINKS = {
    "hosts": "map of name to [host](#a-host)",
    "inventory": "a program's absolute path, or [more of it](#an-inventory)",
}


def hosts_page() -> str:
    """docs/reference/hosts.md."""
    top: Any = json_schema()
    keys = top["properties"]
    return page(
        "Hosts file",
        _INTRO,
        _EXAMPLE,
        "## The file",
        _table(top),
        "## A host",
        _table(keys["hosts"]["additionalProperties"]),
        "## An inventory",
        _table(keys["inventory"]["anyOf"][1]),
        _INVENTORY,
    )


def _table(schema: Schema) -> Iterator[str]:
    return table(("key", "value", "what it is"), _rows(schema))


def _rows(schema: Schema) -> Iterator[tuple[str, str, str]]:
    for key, value in schema["properties"].items():
        yield code(key), _LINKS.get(key) or kind_of(value), text(value["description"])
