"""vnetmgr as programs have it, on libvirt's own test driver."""

from __future__ import annotations

import gc
import inspect
import io
import json
import os
import subprocess
import sys
import threading
from ipaddress import ip_network
from typing import TYPE_CHECKING, cast

import pytest

import vnetmgr
from tests.documents import read_document
from vnetmgr.api import options
from vnetmgr.cli.catalogue import COMMANDS
from vnetmgr.errors import UnfinishedError
from vnetmgr.host.connect import Host as Connection
from vnetmgr.local.lock import HostLock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vnetmgr.api.options import NicOptions
    from vnetmgr.model.writes import HostWrite

URI = "test:///default"
SPEC = {
    "version": 1,
    "domains": {
        "test": {"nics": {"lan": {"bridge": "br0", "mtu": 9000}, "out": {"user": None}}},
        "gone": {"nics": {"lan": {"bridge": "br0"}}},
    },
}


@pytest.fixture(autouse=True)
def anew() -> None:
    """The driver forgets with its last connection, which what a test has caught may hold."""
    gc.collect()


@pytest.fixture
def host() -> Iterator[vnetmgr.Host]:
    with vnetmgr.Host.connect(URI) as host:
        yield host


def nic_names(host: vnetmgr.Host) -> list[str | None]:
    """Those of domain test."""
    return [row.nic.name for row in host.nics("test")]


# What it costs, and what it leaves alone


QUIET = """
import gc, os, signal, sys, threading
handlers = [signal.getsignal(each) for each in signal.valid_signals()]
hooks = sys.excepthook, sys.unraisablehook, threading.excepthook, sys.stdout, sys.stderr
environment = dict(os.environ)
import vnetmgr
assert vnetmgr.Host and dir(vnetmgr)
heavy = {"typer", "click", "rich", "lxml", "yaml", "libvirt", "json"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
assert not any(name.startswith("vnetmgr.cli") for name in sys.modules)
with vnetmgr.Host.connect("test:///default") as host:
    host.attach_nic("test", bridge="br0")
    host.nics()
    try: host.nics("nope")
    except vnetmgr.NotFoundError: pass
assert not {"typer", "click", "rich", "yaml"} & set(sys.modules)
assert not any(name.startswith("vnetmgr.cli") for name in sys.modules)
assert handlers == [signal.getsignal(each) for each in signal.valid_signals()]
assert hooks == (
    sys.excepthook, sys.unraisablehook, threading.excepthook, sys.stdout, sys.stderr
)
assert gc.isenabled() and environment == dict(os.environ)
assert all(each.daemon for each in threading.enumerate()[1:])
"""


def test_it_leaves_the_program_alone() -> None:
    """No handlers, no hooks, nothing printed, no garbage collector switched off; no command line
    is loaded."""
    done = subprocess.run([sys.executable, "-c", QUIET], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_it_exports() -> None:
    for name in vnetmgr.__all__:
        assert getattr(vnetmgr, name).__doc__ or name == "__version__"
    with pytest.raises(AttributeError, match="no attribute 'Hots'"):
        vnetmgr.Hots  # type: ignore[attr-defined]  # noqa: B018


# The commands, as methods

# What a method is called where that is no changing command's name.
READING = {
    "list-domains": "domains",
    "list-nics": "nics",
    "list-networks": "networks",
    "show-network": "network",
    "list-leases": "leases",
    "list-forwards": "forwards",
    "list-host-devices": "host_devices",
    "show-qemu-args": "qemu_arguments",
    "export": "export",
    "doctor": "diagnose",
    "trace": "trace",
    "check-migration": "check_migration",
    "topology": "topology",
    "metrics": "metrics",
    "plan": "plan",
    "apply": "apply",
    "reconcile": "reconcile",
}
# Of files, of the command line itself, and what a program does by its own loop over events.
ALONE = {
    *("validate", "schema", "example-spec", "help", "import-qemu", "list-models"),
    *("watch", "install-service", "serve-ssh"),
}


def parameters(of: object) -> dict[str, inspect.Parameter]:
    """All but self."""
    found = inspect.signature(of).parameters  # type: ignore[arg-type]  # it is callable
    return {name: each for name, each in found.items() if name != "self"}


def test_every_command_is_a_method() -> None:
    changing = {name for name in vars(vnetmgr.Changes) if not name.startswith("_")}
    named = {name.replace("-", "_") for name in set(COMMANDS) - set(READING) - ALONE}
    assert named == changing
    for method in READING.values():
        assert callable(getattr(vnetmgr.Host, method))


@pytest.mark.parametrize(
    "command", [name for name in COMMANDS if name not in READING and name not in ALONE]
)
def test_a_changing_command_and_its_method_take_the_same(command: str) -> None:
    from importlib import import_module

    method = command.replace("-", "_")
    module = import_module(f"vnetmgr.cli.commands.{COMMANDS[command][0]}")
    asked, given = parameters(getattr(module, method)), parameters(getattr(vnetmgr.Changes, method))
    groups = {
        "values": ("options",),
        "network_values": ("options",),
        "record_values": ("options",),
        "states": ("config", "live"),
        "policy": ("allow",),
        "how": (),
        "how_of_records": (),
        "making": (),
        "at_once": (),
        "joining": (),
        **dict.fromkeys(options.ChassisOptions.__annotations__, ("options",)),
        "nic": ("nics",) if command == "create-domain" else ("nic",),
        "given_address": (),  # an option's value, at another place
        "incoming": (),  # libvirt's hook has the document
    }
    expected = {name for each in asked for name in groups.get(each, (each,))}
    assert set(given) == expected
    for name, parameter in given.items():
        if name in asked and parameter.default is not inspect.Parameter.empty:
            assert asked[name].default in (parameter.default, None), name


def test_types_are_checked(host: vnetmgr.Host) -> None:
    """mypy says so of each line, as it tells of every ignore that is not needed."""
    with pytest.raises(vnetmgr.UsageError, match="colour is no option"):
        host.attach_nic("test", bridge="br0", colour="red")  # type: ignore[call-arg]
    with pytest.raises(vnetmgr.UsageError, match="MTU 'many'"):
        host.attach_nic("test", bridge="br0", mtu="many")  # type: ignore[arg-type]
    with pytest.raises(vnetmgr.UsageError, match="link 'sideways'"):
        host.attach_nic("test", bridge="br0", link="sideways")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        host.attach_nic()  # type: ignore[call-arg]


# Changing


def test_a_change_is_made_and_read_back(host: vnetmgr.Host) -> None:
    report = host.attach_nic("test", bridge="br0", name="lan", mtu=9000, vlan=None)
    assert (report.changed, report.errors, report.exit_code) == (True, (), 0)
    assert nic_names(host) == [None, "lan"]
    again = host.attach_nic("test", bridge="br0", name="lan", mtu=9000)
    assert not again.changed
    host.update_nic("test", "lan", mtu=None, link="down")
    row = host.nics("test").rows[1]
    assert (row.nic.mtu, row.nic.link) == (None, "down")
    host.detach_nic("test", "lan")
    assert not host.detach_nic("test", "lan", if_exists=True).changed
    with pytest.raises(vnetmgr.NotFoundError):
        host.detach_nic("test", "lan")


def test_values_are_what_prints_as_options(host: vnetmgr.Host) -> None:
    network = ip_network("192.168.151.0/24")
    host.create_network("lab", mode="nat", subnet=network, dns=False)
    host.reserve_address("lab", host.nics("test").rows[0].nic.mac, network[10])
    (lease,) = host.leases("lab")
    assert (lease.address, lease.mac) == (network[10], "aa:bb:cc:dd:ee:ff")
    host.update_network("lab", dhcp_range=None)
    assert host.network("lab").row.seen.any.dhcp_ranges == ()
    host.delete_network("lab")


def test_a_new_domain_by_texts_and_by_options(host: vnetmgr.Host) -> None:
    out: NicOptions = {"user": True, "name": "out"}
    nics = ("bridge=br0,model=e1000", out)
    host.create_domain("new", nics=nics, memory="64MiB")
    assert [row.nic.source.mode for row in host.nics("new")] == ["bridge", "user"]
    with pytest.raises(vnetmgr.UsageError, match="n/w"):
        host.create_domain("n/w", nics=nics)


def test_a_dry_run_touches_nothing(host: vnetmgr.Host) -> None:
    plan = host.dry_run.attach_nic("test", bridge="br0", name="lan")
    assert [(change.action, change.name) for change in plan.changes] == [("create", "lan")]
    assert nic_names(host) == [None]
    assert host.apply(plan).changed
    assert nic_names(host) == [None, "lan"]
    # What is done by now is not done again.
    assert not host.apply(plan).changed


def test_a_plan_that_is_out_of_date_is_refused(host: vnetmgr.Host) -> None:
    plan = host.plan({**SPEC, "domains": {"test": {"nics": {"lan": {"bridge": "br0"}}}}})
    host.attach_nic("test", bridge="br1", name="lan")
    with pytest.raises(vnetmgr.RefusedError, match="out of date") as caught:
        host.apply(plan)
    assert caught.value.exit_code == 4
    assert [row.nic.source.name for row in host.nics("test")][1:] == ["br1"]


def test_who_approves_sees_the_plan(host: vnetmgr.Host) -> None:
    seen: list[vnetmgr.Plan] = []

    def refuse(plan: vnetmgr.Plan) -> bool:
        seen.append(plan)
        return False

    report = host.apply(SPEC, approve=refuse)
    assert len(seen[0].changes) == 2
    assert (report.changed, nic_names(host)) == (False, [None])


def test_what_fails_is_raised_with_the_report(
    host: vnetmgr.Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(connection: Connection, write: HostWrite) -> None:
        raise UnfinishedError("the disk is full", "make room")

    monkeypatch.setattr(Connection, "do", fail)
    with pytest.raises(vnetmgr.FailedError, match="the disk is full") as caught:
        host.attach_nic("test", bridge="br0", name="lan")
    error = caught.value
    assert (error.hint, error.exit_code, error.about and error.about.name) == (
        "make room",
        1,
        "lan",
    )
    assert [outcome.result for outcome in error.report.outcomes] == ["failed"]
    quiet = host.apply(SPEC, check=False)
    assert (quiet.exit_code, len(quiet.errors)) == (1, 1)
    assert read_document(json.dumps(vnetmgr.to_dict(error)))["kind"] == "error"


def test_another_run_is_waited_for_no_longer_than_is_said() -> None:
    with (
        vnetmgr.Host.connect(URI, lock_timeout=0) as host,
        HostLock(host.key, timeout_s=0),
        pytest.raises(vnetmgr.LockedError) as caught,
    ):
        host.attach_nic("test", bridge="br0")
    assert caught.value.exit_code == 75


@pytest.mark.parametrize("wait", [-1, float("nan"), float("inf"), "soon"])
def test_a_time_that_is_none_is_refused_first(host: vnetmgr.Host, wait: float) -> None:
    with pytest.raises(vnetmgr.UsageError, match="no number of seconds"):
        host.attach_nic("test", bridge="br0", wait=wait)
    with pytest.raises(vnetmgr.UsageError, match="no number of seconds"):
        vnetmgr.Host.connect(URI, lock_timeout=wait)
    assert nic_names(host) == [None]


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "", "x\n", "\x1b2J"])
def test_a_name_that_nothing_has(host: vnetmgr.Host, name: str) -> None:
    for look in (host.nics, host.network, host.export, host.diagnose, host.qemu_arguments):
        with pytest.raises(vnetmgr.VnetError):
            look(name)
    with pytest.raises(vnetmgr.VnetError):
        host.attach_nic(name, bridge="br0")


@pytest.mark.parametrize("word", [None, True, b"test", ["test"], (), ""])
def test_what_is_no_name_is_refused_by_everything(host: vnetmgr.Host, word: str) -> None:
    """None is what a nic without a name has: nothing may be said to be done with it."""
    for ask in (
        *(lambda: host.attach_nic(word, bridge="br0"), lambda: host.add_slots(word, 1)),
        *(lambda: host.update_nic("test", word, mtu=9000), lambda: host.detach_nic("test", word)),
        *(lambda: host.detach_nic(word, "lan", if_exists=True), lambda: host.create_domain(word)),
        *(lambda: host.add_forward(word, "8080:80"), lambda: host.add_forward("test", word)),
        *(lambda: host.remove_forward(word, "8080:80"), lambda: host.hold(word, "1h")),
        *(lambda: host.release(word, if_exists=True), lambda: host.create_network(word)),
        *(lambda: host.update_network(word, mtu=1400), lambda: host.start_network(word)),
        *(lambda: host.delete_network(word, if_exists=True), lambda: host.network(word)),
        *(lambda: host.release_address(word, "test"), lambda: host.networks(word)),
        *(lambda: host.add_dns_record(word, txt="a=b"), lambda: host.leases(word)),
        *(lambda: host.nics("test", word), lambda: host.forwards(word), lambda: host.export(word)),
        *(lambda: host.qemu_arguments(word), lambda: host.diagnose(word)),
        *(lambda: host.trace(word, "192.0.2.1"), lambda: host.topology(word)),
        *(lambda: host.check_migration(word, host),),
    ):
        with pytest.raises(vnetmgr.UsageError, match=r"is no name|names no domain|to be named"):
            ask()
    assert nic_names(host) == [None]


@pytest.mark.parametrize("target", ["test/", "/lan"])
def test_half_a_name_is_not_the_whole(host: vnetmgr.Host, target: str) -> None:
    """A nic's name was to come behind it: it is not all of the domain."""
    for ask in (
        *(lambda: host.hold(target, "1h"), lambda: host.release(target, if_exists=True)),
        *(lambda: host.release_address("default", target), lambda: host.diagnose(target)),
        lambda: host.reserve_address("default", target, "192.168.122.9"),
    ):
        with pytest.raises(vnetmgr.UsageError, match="no nic of one"):
            ask()


@pytest.mark.parametrize("option", ["disk", "kernel", "initrd"])
def test_a_path_without_a_name_is_not_the_working_directory(
    host: vnetmgr.Host, option: str
) -> None:
    with pytest.raises(vnetmgr.UsageError, match="no name"):
        host.create_domain("vm9", **{option: ""})  # type: ignore[arg-type]


def test_what_prints_as_a_name_is_one(host: vnetmgr.Host) -> None:
    (row,) = host.nics(cast("str", 1))
    assert host.detach_nic("test", cast("str", row.nic.mac)).changed


def test_one_value_where_several_may_be(host: vnetmgr.Host) -> None:
    with pytest.raises(vnetmgr.RefusedError, match="8080"):  # the driver has no such nics
        host.attach_nic("test", user=True, forward="8080:80")
    with pytest.raises(vnetmgr.UsageError, match="takes one value, not 2"):
        host.attach_nic("test", bridge=["br0", "br1"])  # type: ignore[arg-type]
    assert not host.update_network("default", remove_portgroup="vms").changed


# Specs


def test_a_spec_from_anywhere(host: vnetmgr.Host, tmp_path: Path) -> None:
    text = json.dumps(SPEC)
    file = tmp_path / "spec.yaml"
    file.write_text(text)
    plans = [host.plan(each) for each in (SPEC, file, str(file), [file], io.StringIO(text))]
    with file.open() as open_file, file.open("rb") as bytes_file:
        plans += [host.plan(open_file), host.plan(bytes_file)]
    assert {plan.changes for plan in plans} == {plans[0].changes}
    assert [change.name for change in plans[0].changes] == ["lan", "out"]
    assert any("gone" in note for note in plans[0].notes)
    with pytest.raises(vnetmgr.FailedError, match="gone"):
        host.apply(SPEC, strict=True)


def test_a_specs_problems_have_places(host: vnetmgr.Host, tmp_path: Path) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text("version: 1\ndomains:\n  test:\n    nics: {lan: {bridge: br0, mtu: x}}\n")
    for spec, label in ((file, str(file)), (io.StringIO(file.read_text()), "<text>")):
        with pytest.raises(vnetmgr.SpecError) as caught:
            host.plan(spec)
        (problem,) = caught.value.problems
        assert problem.place is not None
        assert (problem.place.file, problem.place.line) == (label, 4)
        assert problem.about is not None
        assert (problem.about.domain, problem.about.name, problem.about.field) == (
            *("test", "lan", "mtu"),
        )
    for path, said in (
        (tmp_path / "none.yaml", "cannot be read"),
        ("", "empty path"),
        ([], "no spec"),
    ):
        with pytest.raises(vnetmgr.UsageError, match=said):
            host.plan(path)


def test_what_is_no_spec_is_refused(host: vnetmgr.Host, tmp_path: Path) -> None:
    inside: dict[str, object] = {"version": 1}
    inside["domains"] = inside
    with (tmp_path / "written").open("w") as unreadable:
        for spec, said in (
            *((None, "None is no spec"), (5, "5 is no spec"), (b"x.yaml", "is no spec")),
            *((io.BytesIO(b"version: 1\n# \xff"), "0xff in line 2"), (unreadable, "not readable")),
            *((inside, "Circular"), ({("a", 1): 2}, "tuple")),
        ):
            with pytest.raises(vnetmgr.UsageError, match=said):
                host.plan(cast("str", spec))
    with pytest.raises(vnetmgr.UsageError, match="closed file"):
        host.plan(unreadable)


def test_what_is_sound_of_files_is_reconciled(host: vnetmgr.Host, tmp_path: Path) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text(
        "version: 1\nnetworks: {lab: {mode: isolatd}}\n"
        "domains: {test: {nics: {lan: {bridge: br0}}}}\n"
    )
    with pytest.raises(vnetmgr.SpecError):
        host.reconcile(file, all_or_nothing=True)
    assert nic_names(host) == [None]
    with pytest.raises(vnetmgr.FailedError, match="isolatd") as caught:
        host.reconcile(file)
    assert caught.value.report.changed
    assert len(host.nics("test")) == 2
    assert not host.reconcile().changed  # there are no port forwards


# Reading


def test_lists_are_iterated_over(host: vnetmgr.Host) -> None:
    for listing in (host.nics(), host.networks(), host.leases(), host.forwards()):
        assert len(listing) == len(list(listing)) == len(listing.rows)
        assert listing.uri == URI
    assert [row.seen.name for row in host.networks()] == host.network_names() == ["default"]
    assert host.domain_names() == ["test"]
    assert (host.name, host.uri, host.readonly) == (host.name, URI, False)


def test_every_value_is_a_document(host: vnetmgr.Host) -> None:
    host.create_network("lab", subnet="192.168.152.0/24")
    values = (
        host.plan(SPEC),
        host.apply(SPEC),
        host.nics(),
        host.networks(),
        host.network("lab"),
        host.leases(),
        host.forwards(),
        host.export(),
        host.diagnose(),
        host.trace("test/lan", "192.0.2.1:443"),
        host.topology(),
        host.check_migration("test", host),
        vnetmgr.NotFoundError("there is no domain web1"),
    )
    kinds = [read_document(json.dumps(vnetmgr.to_dict(value)))["kind"] for value in values]
    assert len(set(kinds)) == len(values)
    with pytest.raises(TypeError, match="no document"):
        vnetmgr.to_dict(host)
    assert {metric.name for metric in host.metrics()} >= {"vnetmgr_libvirt_up"}


def test_a_read_only_connection_changes_nothing() -> None:
    with vnetmgr.Host.connect(URI, readonly=True) as host:
        assert host.readonly
        assert len(host.nics("test")) == 1
        assert host.dry_run.attach_nic("test", bridge="br0").changes
        with pytest.raises(vnetmgr.VnetError):
            host.attach_nic("test", bridge="br0")


# Connections


def test_no_libvirt() -> None:
    uri = "qemu+unix:///system?socket=/nowhere"
    with pytest.raises(vnetmgr.NotConnectedError, match="cannot connect") as caught:
        vnetmgr.Host.connect(uri)
    error = caught.value
    assert error.about == ("connection", uri, None, None)
    assert "start" in (error.hint or "")
    assert read_document(json.dumps(vnetmgr.to_dict(error)))["exit_code"] == 1


def test_a_connection_that_is_closed() -> None:
    host = vnetmgr.Host.connect(URI)
    host.close()
    host.close()
    with pytest.raises(vnetmgr.ConnectionLostError, match="closed"):
        host.nics()


def test_a_fork_has_no_connection(host: vnetmgr.Host) -> None:
    """Neither a wait for threads that it lacks, nor the other process's answers."""
    host.nics()
    child = os.fork()
    if child == 0:
        try:
            host.nics()
        except vnetmgr.ConnectionLostError:
            os._exit(7)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert nic_names(host) == [None]


def test_a_trace_of_the_calls() -> None:
    calls: list[str] = []
    with vnetmgr.Host.connect(URI, trace=calls.append) as host:
        host.attach_nic("test", bridge="br0")
    assert any("defineXMLFlags" in call and "<interface" in call for call in calls)


def test_several_threads() -> None:
    """Over one connection, and over one for each; changes wait for one another."""
    found: list[object] = []
    with vnetmgr.Host.connect(URI) as shared:

        def work(number: int) -> None:
            try:
                with vnetmgr.Host.connect(URI) as own:
                    host = shared if number % 2 else own
                    host.attach_nic("test", bridge="br0", name=f"lan{number}")
                    found.append(len(host.nics("test")) > 1)
            except BaseException as error:
                found.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert found == [True] * 6
        assert sorted(nic_names(shared)[1:], key=str) == [f"lan{number}" for number in range(6)]


EVENTS = """
import threading, vnetmgr
with vnetmgr.Host.connect("test:///default") as host, host.events() as events:
    assert events.get(timeout=0.01) is None
    host.create_network("lab", mode="isolated", subnet="192.168.152.0/24")
    host.stop_network("lab")
    for event in events:
        print(event.kind, event.name, event.what)
        if event.what == "stopped":
            break
    threading.Timer(0.1, events.close).start()
    print(list(events), events.get())
"""


def test_events() -> None:
    done = subprocess.run(
        [sys.executable, "-c", EVENTS], capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    *heard, after = done.stdout.splitlines()
    assert list(dict.fromkeys(heard)) == [
        *("network lab defined", "network lab started", "network lab stopped"),
    ]
    assert after == "[] None"


INTERRUPTED = """
import os, signal, time, vnetmgr
from vnetmgr.host.connect import Host as Connection
done = Connection.do
def do(connection, write):
    done(connection, write)
    Connection.do = done  # what is taken back is not interrupted
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(1)
Connection.do = do
with vnetmgr.Host.connect("test:///default") as host:
    try:
        host.apply({"version": 1, "domains": {"test": {"nics": {
            "one": {"bridge": "br0"}, "two": {"bridge": "br1"}}}}})
    except KeyboardInterrupt as interrupt:
        print(*interrupt.lines, sep="\\n")
    print([row.nic.name for row in host.nics("test")])
    print(host.attach_nic("test", bridge="br0", name="one").changed)
"""


def test_an_interrupt_takes_back_and_the_program_goes_on() -> None:
    """With Python's own handler: vnetmgr has installed none."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["test: what was done is taken back", "[None]", "True"]
