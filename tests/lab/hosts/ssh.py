"""How the machines of a pair are called, and how they let one another in."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.lab.programs import need_program

if TYPE_CHECKING:
    from pathlib import Path

ADDRESSES = {"admin": "10.99.0.1", "kvm1": "10.99.0.11", "kvm2": "10.99.0.12", "kvm3": "10.99.0.13"}

# What is asked for is what the tests are about; how a root may log in is a matter of its machine.
_SSHD_CONFIG = """\
HostKey /etc/ssh/host_key
AuthorizedKeysFile /etc/ssh/authorized_keys
PermitRootLogin prohibit-password
PasswordAuthentication no
# Lies below /tmp, where all may write.
StrictModes no
UsePAM no
# Several tests stand for as many administrators.
MaxStartups 300
PidFile /run/sshd.pid
"""
_SSH_CONFIG = """\
Host *
    User root
    IdentityFile /etc/ssh/id
    IdentitiesOnly yes
    UserKnownHostsFile /etc/ssh/known_hosts
    StrictHostKeyChecking yes
"""


class Ssh:
    """The keys and settings of this run's ssh, in a directory that stands in for /etc/ssh."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(mode=0o755)
        for name in ("id", "host_key"):
            self.make_key(name)
        self.authorized_keys = directory / "authorized_keys"
        self.authorized_keys.write_text(self.public_key("id"))
        names = ",".join((*ADDRESSES, *ADDRESSES.values()))
        (directory / "known_hosts").write_text(f"{names} {self.public_key('host_key')}")
        (directory / "sshd_config").write_text(_SSHD_CONFIG)
        (directory / "ssh_config").write_text(_SSH_CONFIG)

    def make_key(self, name: str) -> None:
        """Make /etc/ssh/NAME, a private key, and NAME.pub."""
        kind = ("-q", "-t", "ed25519", "-N", "", "-C", name)
        subprocess.run([need_program("ssh-keygen"), *kind, "-f", self.directory / name], check=True)

    def public_key(self, name: str) -> str:
        """Its public half, a line."""
        return (self.directory / f"{name}.pub").read_text()
