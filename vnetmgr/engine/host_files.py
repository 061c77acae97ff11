"""Wishes that name files of this machine, or programs that it runs.

Whoever calls vnetmgr here may have them. A key of ssh's that is for vnetmgr alone is for networks
and nics: to have dnsmasq or QEMU read a file, write one or run it would be more than that.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from vnetmgr.errors import refused_problems
from vnetmgr.model.nic import SomePairs
from vnetmgr.model.options.dnsmasq import FILES
from vnetmgr.model.options.extra import FILE_KEYS
from vnetmgr.model.overlay.tls import TlsFiles
from vnetmgr.problem import About, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.desired import Desired, NicWant
    from vnetmgr.model.network_want import NetworkWant
    from vnetmgr.model.overlay.settings import OvnSettings

_TEXT = "names a file or user of that machine, which is not for this key"


def refuse_host_files(desired: Desired) -> None:
    """Raise RefusedError with every option that names one."""
    nics = (*desired.nics, *(nic for domain in desired.domains for nic in domain.nics))
    found = list(chain(*map(_of_network, desired.networks), *map(_of_nic, nics)))
    found += _of_ovn(desired.ovn)
    if found:
        raise refused_problems(found, "have it done on that machine, or by a key that may do all")


def _of_ovn(ovn: OvnSettings | None) -> Iterator[Problem]:
    if ovn is None:
        return
    named = [name for name in TlsFiles.FIELDS if getattr(ovn, name)]
    for name in [*named, *(["northbound"] if ovn.is_socket else [])]:
        problem = Problem(About("ovn", field=name), f"{name} {_TEXT}")
        yield problem.at(ovn.origin)


def _of_network(want: NetworkWant) -> Iterator[Problem]:
    if isinstance(want.patch.tftp_root, str):
        yield _problem(want, "tftp_root", "its TFTP root")
    lines = want.patch.dns_options
    for line in lines if isinstance(lines, tuple) else ():
        if (name := line.partition("=")[0].strip()) in FILES:
            yield _problem(want, "dns_option", f"dnsmasq's {name}")


def _of_nic(want: NicWant) -> Iterator[Problem]:
    extra = want.patch.extra
    pairs = extra.pairs if isinstance(extra, SomePairs) else extra
    for key, value in pairs if isinstance(pairs, tuple) else ():
        if key in FILE_KEYS and value is not None:
            yield _problem(want, "extra", key)


def _problem(want: NetworkWant | NicWant, field: str, what: str) -> Problem:
    about = want.about._replace(field=field)
    return Problem(about, f"{what} {_TEXT}").at(want.origin)
