"""The files of TLS, looked at before the library gets them, which would say little of them."""

from __future__ import annotations

import ssl
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.model.names import joined
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_AS_PEM = (
    "they are a certificate, its key, and that of who has signed the database's, as PEM; "
    "ovs-pki(8) makes them"
)
_WHAT = {
    "private_key": "private key",
    "certificate": "certificate",
    "ca_cert": "CA certificate",
}


def give_files(named: Mapping[str, str | None], at: str) -> None:
    """Give the library the files of TLS for a database, by the names of their fields. Raises
    VnetError."""
    from ovs.stream import Stream

    files = {key: path for key in _WHAT if (path := named.get(key)) is not None}
    if missing := [key for key in _WHAT if key not in files]:
        raise VnetError(
            f"ovn: {at} needs a {joined([_WHAT[key] for key in missing])}",
            f"say its file in the spec's ovn: {{{missing[0]}: FILE}}, or as for ovn-nbctl: "
            "OVN_NBCTL_OPTIONS='-p FILE -c FILE -C FILE'",
            about=About("ovn", at),
        )
    _refuse(at, _unreadable(files), "OVN's tools are given the same files by -p, -c or -C")
    _refuse(at, _unfit(**files), _AS_PEM)
    Stream.ssl_set_private_key_file(files["private_key"])
    Stream.ssl_set_certificate_file(files["certificate"])
    Stream.ssl_set_ca_cert_file(files["ca_cert"])


def _refuse(at: str, wrong: Iterator[str], hint: str) -> None:
    if found := list(wrong):
        raise VnetError(f"ovn: {'; '.join(found)}", hint, about=About("ovn", at))


def _unreadable(files: Mapping[str, str]) -> Iterator[str]:
    for key, path in files.items():
        try:
            if not stat.S_ISFIFO(Path(path).stat().st_mode):  # which would be waited for
                with Path(path).open("rb"):
                    continue
            yield f"{_WHAT[key]} {path}: it is a pipe, and is read more than once"
        except OSError as error:
            yield f"{_WHAT[key]} {path}: {error.strerror}"


def _unfit(private_key: str, certificate: str, ca_cert: str) -> Iterator[str]:
    """What is no such thing; the library would leave a socket behind."""
    if not _has_certificate(ca_cert):
        yield f"CA certificate {ca_cert}: there is none in it"
    if not _has_certificate(certificate):
        yield f"certificate {certificate}: there is none in it"
        return
    try:
        _context().load_cert_chain(certificate, private_key, _no_passphrase)
    except ssl.SSLError as error:
        mismatch = error.reason == "KEY_VALUES_MISMATCH"
        why = f"it is not that of {certificate}" if mismatch else "there is none in it"
        yield f"private key {private_key}: {why}"
    except _PassphraseError:
        yield f"private key {private_key}: it has a passphrase, which nobody is asked for"


def _has_certificate(path: str) -> bool:
    try:
        _context().load_verify_locations(path)
    except ssl.SSLError:
        return False
    return True


def _context() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class _PassphraseError(Exception):
    """A key has one."""


def _no_passphrase() -> str:
    raise _PassphraseError
