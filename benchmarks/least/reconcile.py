"""The least that could take the place of `vnetmgr reconcile` with nothing to do: it reads a spec,
lists the domains, fetches their documents, cuts each nic out of its text and looks there for what
the spec says of it. It can be interrupted while libvirt works, as vnetmgr can: libvirt's calls
are made in a thread, and the spec is read meanwhile.

Left out: any value of a domain or a nic, the form of the spec, holds, networks, forwards, pairing,
duplicates, orphans, the lock, the plan.

Usage: python -m benchmarks.least.reconcile -c URI SPEC
"""

import gc

gc.disable()

import os
import sys
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any

import libvirt
import lxml.etree  # noqa: F401  # what edits a document, where there is something to do
import typer  # noqa: F401  # what reads a command line

from benchmarks.least.spec import read_spec

_CONFIG = libvirt.VIR_DOMAIN_XML_INACTIVE | libvirt.VIR_DOMAIN_XML_SECURE


def documents_of(domain: libvirt.virDomain) -> tuple[str, list[str]]:
    found = [domain.XMLDesc(_CONFIG)]
    if domain.ID() >= 0:
        found.append(domain.XMLDesc(0))
    return domain.name(), found


def has(document: str, nic: dict[str, str]) -> bool:
    _, *texts = document.split("<interface")
    parts = (
        f"<mac address='{nic['mac']}'",
        f"<source bridge='{nic['bridge']}'",
        f"<model type='{nic['model']}'",
    )
    return any(all(part in text.partition("</interface>")[0] for part in parts) for text in texts)


def work() -> None:
    while True:
        answers.put(calls.get()())


def call(function: Callable[[], Any]) -> Any:
    calls.put(function)
    return answers.get()


_, uri, spec = sys.argv[1:]
calls: SimpleQueue[Callable[[], Any]] = SimpleQueue()
answers: SimpleQueue[Any] = SimpleQueue()
Thread(target=work, daemon=True).start()
calls.put(lambda: libvirt.open(uri))
wanted = read_spec(spec)
connection = answers.get()
domains = call(connection.listAllDomains)
for name, documents in call(lambda: [documents_of(each) for each in domains]):
    if not all(has(document, nic) for document in documents for nic in wanted[name]):
        sys.exit(f"{name} is not as the spec wants it")
domains.clear()
call(connection.close)
os._exit(0)
