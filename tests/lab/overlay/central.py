"""OVN's databases and ovn-northd, on a machine of theirs or one that has other work as well."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tests.lab.errors import LabError
from tests.lab.waiting import eventually

if TYPE_CHECKING:
    from tests.lab.machine import Machine

Database = Literal["nb", "sb"]

_SCHEMAS = Path("/usr/share/ovn")
_NAMES = {"nb": "OVN_Northbound", "sb": "OVN_Southbound"}
_PORTS = {"nb": 6641, "sb": 6642}
# What no other row refers to: all else goes with it.
_ROOTS = (
    *("Logical_Switch", "Logical_Router", "DHCP_Options", "DNS"),
    *("Port_Group", "Address_Set", "Load_Balancer"),
)


class Central:
    """The databases and northd. Each database's file outlives its server.

    The northbound one is of one server or of a cluster; the ports of its others are 10,000, 20,000
    higher.
    """

    def __init__(self, machine: Machine, address: str, *, northbound_servers: int = 1) -> None:
        self.machine = machine
        self.address = address
        self._servers = northbound_servers
        self._folder = machine.directory / "ovn"

    @property
    def northbound(self) -> str:
        """The northbound database, as ovn-nbctl and vnetmgr take it."""
        return ",".join(f"tcp:{self.address}:{port}" for port in self._northbound_ports)

    @property
    def southbound(self) -> str:
        """The southbound database, as ovn-controller takes it."""
        return f"tcp:{self.address}:{_PORTS['sb']}"

    @property
    def socket(self) -> Path:
        """The northbound database's socket, seen from outside."""
        return self.machine.directory / "run/ovn/ovnnb_db.sock"

    @property
    def _northbound_ports(self) -> list[int]:
        return [_PORTS["nb"] + 10_000 * number for number in range(self._servers)]

    # Life

    def start(self) -> None:
        """Make the databases, and start everything."""
        self._folder.mkdir()
        self.machine.sh("mkdir -p /run/ovn")
        for number in range(self._servers):
            self._make(number)
            self.start_server("nb", number)
        self.machine.sh(f"ovsdb-tool create {self._folder}/sb.db {_SCHEMAS}/ovn-sb.ovsschema")
        self.start_server("sb")
        self.nbctl("init")
        self.sbctl("init")
        self.start_northd()

    def _make(self, number: int) -> None:
        file = f"{self._folder}/{_server('nb', number)}.db"
        if self._servers == 1:
            self.machine.sh(f"ovsdb-tool create {file} {_SCHEMAS}/ovn-nb.ovsschema")
            return
        members = [f"tcp:{self.address}:{port + 2}" for port in self._northbound_ports]
        if number == 0:
            made = f"create-cluster {file} {_SCHEMAS}/ovn-nb.ovsschema {members[0]}"
        else:
            made = f"join-cluster {file} {_NAMES['nb']} {members[number]} {members[0]}"
        self.machine.sh(f"ovsdb-tool {made}")

    def start_server(self, database: Database, number: int = 0) -> None:
        """Start a database's server, the first or another one of its cluster."""
        name = _server(database, number)
        port = _PORTS[database] + 10_000 * number
        socket = _socket(name)
        self._daemon(
            f"ovsdb-server {self._folder}/{name}.db --remote=punix:{socket}"
            f" --remote=ptcp:{port}:{self.address} --unixctl=/run/ovn/{name}.ctl",
            name,
        )
        if self._servers > 1 and database == "nb":
            self.machine.sh(
                f"ovsdb-client --timeout=60 wait unix:{socket} {_NAMES['nb']} connected"
            )

    def start_northd(self) -> None:
        """Start what translates one database into the other."""
        self._daemon(
            f"ovn-northd --ovnnb-db={self.northbound} --ovnsb-db={self.southbound}", "ovn-northd"
        )

    def _daemon(self, command: str, name: str) -> None:
        log = f"{self.machine.directory}/log/{name}.log"
        self.machine.sh(
            f"{command} --pidfile=/run/ovn/{name}.pid --detach --no-chdir --log-file={log}"
        )

    def kill(self, name: str, signal: str = "KILL") -> None:
        """End `ovn-northd`, `nb`, `sb`, or one of a cluster's servers: `nb1`, `nb2`."""
        kill(self.machine, f"/run/ovn/{name}.pid", signal)

    def renew_northbound(self) -> None:
        """Start the northbound database, of one server that was killed, as an empty one."""
        (self._folder / "nb.db").unlink()
        self._make(0)
        self.start_server("nb")
        self.nbctl("init")

    def leader(self) -> int:
        """Which server leads the northbound cluster."""

        def find() -> list[int]:
            return [number for number in range(self._servers) if self._leads(number)]

        return eventually(find, "the cluster has a leader")[0]

    def _leads(self, number: int) -> bool:
        ask = f"ovs-appctl --timeout=5 -t /run/ovn/{_server('nb', number)}.ctl cluster/status"
        said = self.machine.sh(f"{ask} {_NAMES['nb']} 2> /dev/null", check=False)
        return "Role: leader" in said

    # What is in them

    def nbctl(self, arguments: str) -> str:
        """Run ovn-nbctl; return what it prints. `--wait=hv` waits for all hosts."""
        # It gives up at the first server of a cluster that does not answer.
        number = self.leader() if self._servers > 1 else 0
        socket = _socket(_server("nb", number))
        return self.machine.sh(f"ovn-nbctl --timeout=60 --db=unix:{socket} {arguments}")

    def sbctl(self, arguments: str) -> str:
        """Run ovn-sbctl; return what it prints."""
        return self.machine.sh(f"ovn-sbctl --timeout=60 --db={self.southbound} {arguments}")

    def chassis(self) -> set[str]:
        """The hosts that have registered."""
        return set(self.sbctl("--bare --columns=name list Chassis").split())

    def bound(self, port: str) -> str | None:
        """The name of the host that has a logical port."""
        chassis = self.sbctl(
            f"--bare --columns=chassis find Port_Binding logical_port={port}"
        ).strip()
        return self.sbctl(f"get Chassis {chassis} name").strip().strip('"') if chassis else None

    def clear(self) -> None:
        """Have nothing northbound."""
        gone = " -- ".join(f"--all destroy {table}" for table in _ROOTS)
        self.nbctl(f"-- {gone} -- clear NB_Global . external_ids")

    def revive(self) -> None:
        """Start again what has been killed."""
        for number in range(self._servers):
            if not runs(self.machine, f"/run/ovn/{_server('nb', number)}.pid"):
                self.start_server("nb", number)
        if not runs(self.machine, "/run/ovn/sb.pid"):
            self.start_server("sb")
        if not runs(self.machine, "/run/ovn/ovn-northd.pid"):
            self.start_northd()


def _server(database: Database, number: int) -> str:
    return f"{database}{number or ''}"


def _socket(server: str) -> str:
    return f"/run/ovn/ovn{server}_db.sock"


def runs(machine: Machine, pid_file: str) -> bool:
    """Whether the daemon of a pid file runs."""
    alive = f"read -r pid < {pid_file} && kill -0 $pid"
    return machine.run(["sh", "-c", alive]).returncode == 0


def kill(machine: Machine, pid_file: str, signal: str = "KILL") -> None:
    """End the daemon of a pid file, and return when it has ended."""
    if not runs(machine, pid_file):
        raise LabError(f"nothing runs that {pid_file} tells of")
    machine.sh(
        f"read -r pid < {pid_file}; kill -{signal} $pid;"
        " while kill -0 $pid 2> /dev/null; do sleep 0.02; done"
    )
