"""The files by which programs of a host prove to OVN's databases who they are."""

from __future__ import annotations

from vnetmgr.model.record import Row


class TlsFiles(Row):
    """A key with its certificate, and whose signature the other side has to have."""

    private_key: str
    certificate: str
    ca_cert: str

    @property
    def files(self) -> tuple[str, ...]:
        """As `ovs-vsctl set-ssl` takes them."""
        return self.private_key, self.certificate, self.ca_cert

    @property
    def options(self) -> tuple[str, ...]:
        """As OVN's programs take them."""
        names = ("--private-key", "--certificate", "--ca-cert")
        return tuple(f"{name}={file}" for name, file in zip(names, self.files, strict=True))
