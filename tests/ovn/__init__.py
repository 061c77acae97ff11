"""OVN's databases for tests: the real servers, on sockets of their own, without namespaces.

    def test_it(northbound: Database) -> None:              # tests/conftest.py
        northbound.ctl("ls-add blue")                       # ovn-nbctl; --no-wait needs no northd
        settings = OvnSettings(northbound=northbound.remote)
        northbound.kill(); northbound.start()               # -9, and back with what it had

`northbound_cluster` is a raft of three (`.leader()`, `.members`, `.remote` names all three), and
`central` a northbound and a southbound database with ovn-northd between them. Fixtures start anew
for each test, in some 30 ms (the cluster: 200 ms); as classes they are context managers, for a
whole module: `with Database("OVN_Northbound") as database: ...`.
"""

from tests.ovn.between import Between
from tests.ovn.central import Central
from tests.ovn.cluster import Cluster
from tests.ovn.database import Database, databases_unavailable

__all__ = ["Between", "Central", "Cluster", "Database", "databases_unavailable"]
