"""One connection: how it fails, how it ends, and who else may be at work."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.ovn import Cluster
from tests.ovn import Database as Server
from tests.ovn.database import SCHEMAS, run
from tests.unit.ovn.values import overlay, port
from vnetmgr.errors import RefusedError, UsageError, VnetError
from vnetmgr.model.overlay.northbound import PortChange
from vnetmgr.model.overlay.settings import OvnSettings
from vnetmgr.model.record import replace
from vnetmgr.model.writes import SetOverlay, SetPorts
from vnetmgr.ovn import client
from vnetmgr.ovn.database import Database
from vnetmgr.ovn.remotes import remote_of
from vnetmgr.runtime.answers import ANSWERS

if TYPE_CHECKING:
    from pathlib import Path


def connect(server: Server | Cluster) -> Database:
    return Database.connect(OvnSettings(northbound=server.remote))


def put(database: Database, number: int) -> None:
    change = PortChange(before=None, after=port(number))
    database.set_ports(SetPorts(changes=(change,)))


def make(database: Database) -> None:
    database.set_overlay(SetOverlay(name="blue", before=None, after=overlay()))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """As --timeout 1s."""
    monkeypatch.setattr(ANSWERS, "timeout_s", 1.0)


@pytest.mark.parametrize(
    "at",
    [
        *("", "10.0.0.1:6641", "tcp:", "ptcp:6641", "unix:/a,b", "tcp:10.0.0.1", "tcp:10.0.0.1:x"),
        *("tcp:10.0.0.1:99999", "unix:a", "unix:/\udcff", "tcp:[::1:6641"),
    ],
)
def test_what_is_no_place_is_refused(at: str) -> None:
    with pytest.raises(UsageError, match="no place"):
        remote_of(at)


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("unix:/does/not/exist", "No such file"),
        ("tcp:127.0.0.1:1", "refused"),
        ("tcp:127.0.0.1:1,unix:/does/not/exist", "refused; unix:/does/not/exist: No such file"),
        ("ssl:127.0.0.1:1", "private key"),
    ],
)
def test_where_nobody_is_is_said_at_once(at: str, why: str) -> None:
    with pytest.raises(VnetError, match=why) as raised:
        Database.connect(OvnSettings(northbound=at))
    assert raised.value.hint
    assert raised.value.about is not None


def test_a_socket_of_others_is_told_of(northbound: Server) -> None:
    """Debian's is root's."""
    where = OvnSettings(northbound=northbound.remote)
    Database.connect(where).close()
    northbound.socket.chmod(0)
    is_root = os.geteuid() == 0
    try:
        if is_root:  # for whom files have no rights
            os.seteuid(65534)
        with pytest.raises(VnetError, match=r"nb.sock: Permission denied") as raised:
            Database.connect(where)
    finally:
        if is_root:
            os.seteuid(0)
    assert raised.value.hint is not None
    assert raised.value.hint.startswith(
        "its socket is root's alone, as a rule: run vnetmgr as root"
    )


def test_the_southbound_database_is_no_northbound_one() -> None:
    wrong = "not OVN_Northbound: it is OVN_Southbound"
    with Server("OVN_Southbound") as south, pytest.raises(VnetError, match=wrong) as raised:
        connect(south)
    assert "6641" in (raised.value.hint or "")


@pytest.mark.parametrize(
    ("table", "column", "missing"),
    [
        ("NB_Global", "hv_cfg", "column hv_cfg of NB_Global"),
        ("Gateway_Chassis", None, "table Gateway_Chassis"),
    ],
)
def test_what_an_older_ovn_has_not_is_said_at_once(
    tmp_path: Path, table: str, column: str | None, missing: str
) -> None:
    schema = json.loads(SCHEMAS["OVN_Northbound"].read_text())
    if column is None:
        del schema["tables"][table]
        del schema["tables"]["Logical_Router_Port"]["columns"]["gateway_chassis"]
    else:
        del schema["tables"][table]["columns"][column]
    (tmp_path / "older.ovsschema").write_text(json.dumps(schema))
    server = Server()
    run(f"ovsdb-tool create {server.file} {tmp_path}/older.ovsschema")
    server.start()
    try:
        with pytest.raises(VnetError, match=f"has no {missing}: .* older OVN") as raised:
            connect(server)
    finally:
        server.kill()
    assert "ovn-central" in (raised.value.hint or "")


@pytest.mark.usefixtures("impatient")
def test_one_that_does_not_answer_is_not_waited_for(
    northbound: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with connect(northbound) as database:
        make(database)
        os.kill(northbound.pid, signal.SIGSTOP)
        try:
            for ask in (partial(put, database, 1), database.read):
                with pytest.raises(VnetError, match=r"has not answered for 1 s: read$"):
                    ask()
        finally:
            os.kill(northbound.pid, signal.SIGCONT)
    assert not [each for each in caplog.records if each.levelno > logging.INFO]
    with connect(northbound) as database:
        assert [each.name for each in database.read().ports] in ([], [port(1).name])


def test_one_that_has_gone_is_not_waited_for_long(
    northbound: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_AWAY_S", 0.5)
    with connect(northbound) as database:
        northbound.kill()
        with pytest.raises(VnetError, match=r"away for 0\.5 s: read$"):
            database.read()
        with pytest.raises(VnetError, match="away"):
            make(database)


def test_who_can_do_without_waits_a_moment(northbound: Server) -> None:
    with connect(northbound) as database:
        make(database)
        os.kill(northbound.pid, signal.SIGSTOP)
        try:
            with pytest.raises(VnetError, match=r"has not answered for 0\.2 s: read$"):
                database.read(patience_s=0.2)
            settings = OvnSettings(northbound=northbound.remote)
            with pytest.raises(VnetError, match=r"away for 0\.2 s: connecting$"):
                Database.connect(settings, patience_s=0.2)
        finally:
            os.kill(northbound.pid, signal.SIGCONT)


def test_whoever_comes_after_has_patience_of_their_own(northbound: Server) -> None:
    settings = OvnSettings(northbound=northbound.remote)
    with Database.connect(settings, patience_s=60) as database:
        database.read(patience_s=60)
        northbound.kill()
        northbound.start()
        make(database)
        assert len(database.read().overlays) == 1


def test_a_server_that_starts_anew_is_gone_on_with(northbound: Server) -> None:
    with connect(northbound) as database:
        make(database)
        northbound.kill()
        northbound.start()
        put(database, 1)
        assert len(database.read().ports) == 1


def test_one_that_is_empty_when_it_starts_anew_has_nothing(northbound: Server) -> None:
    with connect(northbound) as database:
        make(database)
        put(database, 1)
        assert database.read().ports
        northbound.kill()
        northbound.file.unlink()
        run(f"ovsdb-tool create {northbound.file} {SCHEMAS['OVN_Northbound']}")
        northbound.start()
        found = database.read()
        assert (found.ports, found.overlays) == ((), ())
        make(database)


@pytest.mark.parametrize("way", ["kill", pytest.param("stop", marks=pytest.mark.soak)])
def test_a_cluster_s_leader_may_change(northbound_cluster: Cluster, way: str) -> None:
    with connect(northbound_cluster) as database:
        make(database)
        put(database, 1)
        leader = northbound_cluster.leader()
        getattr(leader, way)()
        put(database, 2)
        assert [each.name for each in database.read().ports] == [port(1).name, port(2).name]


def test_one_member_of_three_is_enough_to_begin_with(northbound_cluster: Cluster) -> None:
    first, *_ = northbound_cluster.members
    first.kill()
    northbound_cluster.leader()
    with connect(northbound_cluster) as database:
        make(database)
        assert database.read().overlays == (overlay(),)


def test_a_fork_does_not_touch_what_is_its_parent_s(northbound: Server) -> None:
    with connect(northbound) as database:
        make(database)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                database.read()
            except VnetError as error:
                database.close()
                with connect(northbound) as own:
                    own.read()
                code = 0 if "fork" in error.message else 2
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        put(database, 1)


def test_no_thread_is_left(northbound: Server) -> None:
    before = threading.enumerate()
    with connect(northbound) as database:
        make(database)
        assert threading.enumerate() == before
    with pytest.raises(VnetError, match="closed"):
        database.read()


def test_two_make_one_switch(northbound: Server) -> None:
    with connect(northbound) as one, connect(northbound) as other:
        other.read()
        make(one)
        make(other)  # the same: it is there
        assert other.read().overlays == (overlay(),)
        another = replace(overlay(), network=replace(overlay().network, mtu=1300))
        with pytest.raises(RefusedError, match="not what it was"):
            other.set_overlay(SetOverlay(name="blue", before=None, after=another))


def test_many_at_once_lose_nothing_and_give_no_address_twice(northbound: Server) -> None:
    with connect(northbound) as database:
        make(database)
    done: list[str] = []

    def work(first: int) -> None:
        with connect(northbound) as mine:
            for number in range(first, first + 10):
                put(mine, number)
                try:  # of one address all but one are refused
                    same = replace(port(900 + first), addresses=(port(200).addresses))
                    mine.set_ports(SetPorts(changes=(PortChange(before=None, after=same),)))
                    done.append(same.name)
                except RefusedError:
                    pass

    threads = [threading.Thread(target=work, args=(first,)) for first in (1, 11, 21, 31)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with connect(northbound) as database:
        found = database.read()
    assert len(found.ports) == 41
    assert len(done) == 1
    assert found.overlays == (overlay(),)
    assert not any(each.flaws for each in found.ports)
