"""Specs in files and directories, merged into one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vnetmgr.errors import SpecError, UsageError
from vnetmgr.model.spec import Spec, SpecDomain
from vnetmgr.spec.checks import problem_at, spec_problems
from vnetmgr.spec.read import read_spec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.model.desired import NicWant
    from vnetmgr.model.network_want import NetworkWant
    from vnetmgr.model.spec import Problem

_ENDINGS = (".yaml", ".yml")


def load_spec(paths: Sequence[str]) -> Spec:
    """Read files and directories (their *.yaml and *.yml, by name); `-` is standard input.

    Raises SpecError with every problem of all files, UsageError for what cannot be read.
    """
    problems: list[Problem] = []
    specs = [read_spec(text, file, problems) for file, text in _texts(paths)]
    spec = _merged(specs, problems)
    if not problems:
        problems += spec_problems(spec)
    if problems:
        raise SpecError(problems)
    return spec


def spec_files(paths: Sequence[str]) -> list[str]:
    """The files that these paths mean; raises UsageError for a directory without any."""
    files: list[str] = []
    for path in paths:
        if path == "-" or not Path(path).is_dir():
            files.append(path)
            continue
        inside = sorted(
            str(each)
            for each in Path(path).iterdir()
            if each.suffix in _ENDINGS and not each.name.startswith(".") and each.is_file()
        )
        if not inside:
            raise UsageError(
                f"{path} has no spec: no file in it ends in {' or '.join(_ENDINGS)}",
                "name a file, or put one there",
            )
        files += inside
    return list(dict.fromkeys(files))


def _texts(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    for file in spec_files(paths):
        try:
            if file == "-":
                yield "<stdin>", sys.stdin.read()
            else:
                yield file, Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8"
            raise UsageError(f"{file} cannot be read: {reason}", "name a spec file") from None


def _merged(specs: Sequence[Spec], problems: list[Problem]) -> Spec:
    networks: dict[str, NetworkWant] = {}
    domains: dict[str, SpecDomain] = {}
    for spec in specs:
        for want in spec.networks:
            if want.name in networks:
                _clash(f"network {want.name}", networks[want.name].origin, want.origin, problems)
            networks.setdefault(want.name, want)
        for domain in spec.domains:
            present = domains.get(domain.name)
            domains[domain.name] = domain if present is None else _both(present, domain, problems)
    return Spec(
        files=tuple(file for spec in specs for file in spec.files),
        networks=tuple(networks.values()),
        addresses=tuple(address for spec in specs for address in spec.addresses),
        domains=tuple(domains.values()),
        prune=any(spec.prune for spec in specs),
    )


def _both(first: SpecDomain, second: SpecDomain, problems: list[Problem]) -> SpecDomain:
    """One domain of two files: each nic in one of them."""
    nics: dict[str | None, NicWant] = {nic.spec_name: nic for nic in first.nics}
    for nic in second.nics:
        if nic.spec_name in nics:
            what = f"nic {nic.spec_name} of domain {first.name}"
            _clash(what, nics[nic.spec_name].origin, nic.origin, problems)
        nics.setdefault(nic.spec_name, nic)
    return SpecDomain(
        name=first.name,
        origin=first.origin,
        prune=first.prune or second.prune,
        nics=tuple(nics.values()),
    )


def _clash(what: str, first: str, second: str, problems: list[Problem]) -> None:
    problems.append(problem_at(second, f"{what} stands twice; first at {first}"))
