"""Where OVN's northbound database is, and for whom vnetmgr writes there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.model.overlay.tls import TlsFiles
from vnetmgr.model.record import Record, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vnetmgr.problem import Place

DEFAULT_FLEET = "default"


class OvnSettings(Record):
    """A spec's `ovn`, or a command's options. None: not said."""

    northbound: str | None = None
    """As ovn-nbctl(8) takes it: `tcp:10.0.0.1:6641`, `ssl:HOST:PORT`, `unix:FILE`; those of a
    cluster are separated by commas."""
    private_key: str | None = None
    """The file of this client's key, for `ssl:`."""
    certificate: str | None = None
    ca_cert: str | None = None
    """Whose signature the database's certificate has to have."""
    fleet: str | None = None
    """Whose the rows are that vnetmgr makes: what has another fleet's name is not touched."""
    revision: int | None = None
    """Of the spec: a spec of an older one does not write over what a newer one has written."""
    origin: Place | None = None

    @property
    def tls(self) -> TlsFiles | None:
        """The files for `ssl:`; None: not all of them are said."""
        if self.private_key is None or self.certificate is None or self.ca_cert is None:
            return None
        return TlsFiles(self.private_key, self.certificate, self.ca_cert)

    @property
    def is_socket(self) -> bool:
        """Whether it is a file of one machine, which no other can open."""
        remotes = (self.northbound or "").split(",")
        return any(each.startswith("unix:") for each in remotes)


def over(first: OvnSettings | None, other: OvnSettings | None) -> OvnSettings | None:
    """What the first says, and what the other does besides."""
    if first is None or other is None:
        return other if first is None else first
    said = {name: getattr(first, name) for name in first.FIELDS}
    return replace(other, **{name: value for name, value in said.items() if value is not None})


def usual_fleet(fleets: Iterable[str | None]) -> str:
    """That which most have; of several the first by name."""
    counted: dict[str, int] = {}
    for each in fleets:
        counted[each or DEFAULT_FLEET] = counted.get(each or DEFAULT_FLEET, 0) + 1
    return min(counted, key=lambda each: (-counted[each], each), default=DEFAULT_FLEET)


def settings_of(
    command: OvnSettings | None, spec: OvnSettings | None, environment: Mapping[str, str]
) -> OvnSettings:
    """What counts: a command's options before the spec, and that before OVN's own variables.

    `northbound` None: nobody has said where it is.
    """
    return over(over(command, spec), of_environment(environment)) or OvnSettings()


def of_environment(environment: Mapping[str, str]) -> OvnSettings:
    """What ovn-nbctl(8) would take from it: OVN_NBCTL_OPTIONS counts more than OVN_NB_DB."""
    said = {"northbound": environment.get("OVN_NB_DB", "")}
    words = iter(environment.get("OVN_NBCTL_OPTIONS", "").split())
    for word in words:
        flag, equals, value = word.partition("=")
        name = _LONG.get(flag)
        if name is None and word[:2] in _SHORT:
            name, equals, value = _SHORT[word[:2]], word[2:], word[2:]
        if name is not None:
            said[name] = (value if equals else next(words, "")) or said.get(name, "")
    given: dict[str, Any] = {name: value for name, value in said.items() if value}
    return OvnSettings(**given)


_LONG = {
    "--db": "northbound",
    "--private-key": "private_key",
    "--certificate": "certificate",
    "--ca-cert": "ca_cert",
}
_SHORT = {"-p": "private_key", "-c": "certificate", "-C": "ca_cert"}
