"""The lab's libvirtd: its configuration, its life, and its memory of what QEMU can do."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import libvirt

from tests.lab.cache import cached_directory, digest
from tests.lab.errors import LabError
from tests.lab.programs import need_program

LIBVIRTD_CONF = """\
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_group = "root"
unix_sock_rw_perms = "0700"
log_level = 3
log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
"""

# No cgroups, no virtlogd, no security driver, and QEMU sees the same files as everybody else.
QEMU_CONF = """\
security_driver = "none"
stdio_handler = "file"
namespaces = []
cgroup_controllers = []
user = "root"
group = "root"
remember_owner = 0
"""

PID_FILE = "/run/libvirtd.pid"


class Libvirtd:
    """One daemon in one lab's directory; `sh` runs a command inside that lab."""

    def __init__(
        self,
        directory: Path,
        sh: Callable[[str], str],
        *,
        path: str,
        firewall_backend: str,
        settings: Mapping[str, str],
    ) -> None:
        self._directory = directory
        self._sh = sh
        self._path = path
        self.uri = f"qemu+unix:///system?socket={directory}/run/libvirt/libvirt-sock"
        (directory / "etc/libvirtd.conf").write_text(
            LIBVIRTD_CONF + "".join(f"{name} = {value}\n" for name, value in settings.items())
        )
        self._options = " --listen" if "listen_tcp" in settings else ""
        (directory / "etc/qemu.conf").write_text(QEMU_CONF)
        # Read since 10.4; before, there are iptables only.
        (directory / "etc/network.conf").write_text(f'firewall_backend = "{firewall_backend}"\n')

    def start(self) -> None:
        """Start it; with --daemon that returns when the sockets are there."""
        try:
            self._sh(
                f"PATH={self._path} libvirtd --daemon --config /etc/libvirt/libvirtd.conf"
                f" --pid-file {PID_FILE}{self._options}"
            )
        except LabError as error:
            log = self._directory / "log/libvirtd.log"
            raise LabError(f"{error}\n{log.read_text() if log.exists() else ''}") from error

    def stop(self) -> None:
        self._end("TERM")

    def kill(self) -> None:
        self._end("KILL")

    def _end(self, signal: str) -> None:
        self._sh(
            f"read -r pid < {PID_FILE}; kill -{signal} $pid;"
            " while kill -0 $pid 2> /dev/null; do sleep 0.02; done"
        )

    def seed_capabilities(self) -> None:
        """Spare libvirt the probing of QEMU that an earlier lab has seen done; takes seconds."""
        saved = cached_directory("libvirt", _versions(), self._probe)
        shutil.copytree(saved, self._directory / "cache", dirs_exist_ok=True)

    def _probe(self, target: Path) -> None:
        self.start()
        connection = libvirt.open(self.uri)
        connection.getCapabilities()
        connection.getDomainCapabilities(None, "x86_64", None, "qemu")
        connection.close()
        self.stop()
        shutil.copytree(self._directory / "cache", target, dirs_exist_ok=True)


def _versions() -> str:
    """Return a key that changes with whatever makes libvirt distrust what it has saved."""
    packages = ["libvirt-daemon", "qemu-system-x86", "qemu-system-common"]
    query = ["dpkg-query", "--show", "--showformat", "${Package} ${Version}\n", *packages]
    known = subprocess.run(query, capture_output=True, text=True).stdout
    # libvirt compares the time stamps of the binaries too, and the running kernel.
    stamps = [
        f"{name} {need_program(name).stat().st_ctime_ns}"
        for name in ("libvirtd", "qemu-system-x86_64")
    ]
    kernel = os.uname()
    return digest(text.encode() for text in (known, *stamps, kernel.release, kernel.version))
