"""Options that commands share. A command asks for a group of them by one parameter's name.

`how`, `states`, `policy` and `values` stand for several options each: Typer sees the options,
the command gets one value that is read and judged.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypedDict, TypeVar

import typer

from vnetmgr.cli.option import Option, option, seconds, table_options
from vnetmgr.errors import UsageError
from vnetmgr.model.desired import ALLOWANCES, Policy
from vnetmgr.model.options.nics import NIC_OPTIONS, SOURCE_OPTIONS
from vnetmgr.model.record import Record, Row
from vnetmgr.render import console
from vnetmgr.render.blocks import Form
from vnetmgr.runtime.answers import ANSWERS, DEFAULT_TIMEOUT_S

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vnetmgr.api.host import Host as ApiHost
    from vnetmgr.cli.run_files import RunFiles
    from vnetmgr.host.connect import Host
    from vnetmgr.model.overlay.settings import OvnSettings

T = TypeVar("T")
_LOCK_TIMEOUT_S = 30.0


class How(Record):
    """How a command works: on which libvirt, how long it waits, and how it prints."""

    uri: str | None
    form: Form = Form.TABLE
    verbose: bool = False
    dry_run: bool = False
    lock_timeout_s: float = _LOCK_TIMEOUT_S
    timeout_s: float = DEFAULT_TIMEOUT_S
    """How long libvirt, or a program, may answer nothing at all; 0: for ever."""
    said: str | None = None
    """What --output says, where it offers more than the four forms; None: it was left out, and has
    no default."""
    hosts_file: str | None = None
    """The file of hosts that --hosts names."""
    host_names: tuple[str, ...] = ()
    """The names of hosts, and patterns of them, that --host has."""
    this_host: str | None = None
    """How this machine is called among others; empty: by its own name. None: it was not said."""
    ovn: OvnSettings | None = None
    """What --ovn-nb says of OVN's northbound database."""
    session: bool = False
    """Whether another vnetmgr has the other end of standard input."""

    @property
    def of_hosts(self) -> bool:
        """Whether it is for hosts of the administrator's file, and for no connection."""
        return self.hosts_file is not None or bool(self.host_names)

    @property
    def ovn_words(self) -> tuple[str, ...]:
        """What is said of OVN, as options of the command line."""
        said = None if self.ovn is None else self.ovn.northbound
        return () if said is None else (f"--ovn-nb={said}",)

    def host(
        self, *, readonly: bool = False, meanwhile: Callable[[], object] | None = None
    ) -> Host:
        """Connect to libvirt, and do something else while it has not answered."""
        if self.of_hosts:
            raise UsageError("this is done on one host", "leave --hosts and --host out")
        from vnetmgr.host.connect import Host

        ANSWERS.timeout_s = self.timeout_s
        trace = console.trace if self.verbose else None
        host = Host.connect(self.uri, readonly=readonly, trace=trace, meanwhile=meanwhile)
        host.ovn = self.ovn
        return host

    def open(
        self, *, readonly: bool = False, meanwhile: Callable[[], object] | None = None
    ) -> ApiHost:
        """The same, for what programs have, too."""
        from vnetmgr.api.host import Host as ApiHost

        connection = self.host(readonly=readonly, meanwhile=meanwhile)
        return ApiHost(connection, lock_timeout=self.lock_timeout_s)

    def host_and(self, load: Callable[[], T]) -> tuple[ApiHost, T]:
        """Connect, and load meanwhile what is wanted and what carries it out: all of it takes its
        time, with thousands of domains. What cannot be loaded is told first."""
        loaded: list[T] = []

        def meanwhile() -> None:
            loaded.append(load())
            import vnetmgr.engine.reconcile  # noqa: F401  # 20 ms

        host = self.open(meanwhile=meanwhile)
        return host, loaded[0]


Domain: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="DOMAIN", help="The domain: its name, UUID, or id while it runs."),
]
OptionalDomain: TypeAlias = Annotated[
    str | None,
    typer.Argument(metavar="DOMAIN", help="The domain: its name, UUID, or id while it runs."),
]
Domains: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[DOMAIN]...",
        help="Domains by name, UUID or id, or as web*; all when left out.",
    ),
]
Network: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="NETWORK", help="The network's name."),
]
SpecFiles: TypeAlias = Annotated[
    list[str],
    typer.Argument(metavar="SPEC...", help="YAML files, or directories of them; - for stdin."),
]
OptionalSpec: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(metavar="[SPEC]...", help="YAML files, or directories of them; - for stdin."),
]
NicAddress: TypeAlias = Annotated[
    str, typer.Argument(metavar="NIC", help="Its name, MAC, target (vnet0) or PCI address.")
]
IfExists: TypeAlias = Annotated[
    bool,
    typer.Option("--if-exists", help="There is nothing to do, and no error, where it is gone."),
]
Columns: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--columns",
        metavar="LIST",
        help="Columns of the table, by the keys of --output json: name,mac,mtu.",
    ),
]
Wait: TypeAlias = Annotated[
    float,
    typer.Option(
        "--wait",
        metavar="TIME",
        parser=seconds,
        help="Wait for the guest to use the nic, and say so.",
    ),
]
if TYPE_CHECKING:
    from vnetmgr.api import options as keywords

    NetworkValues: TypeAlias = keywords.NetworkOptions
    NicValues: TypeAlias = keywords.NicOptions
    RecordValues: TypeAlias = keywords.RecordOptions
else:  # what commands are annotated with; each is a mapping of texts
    NetworkValues = NicValues = RecordValues = dict


class States(TypedDict):
    """The states named; none named means the default, both named means both."""

    config: bool
    live: bool


class Group(Row):
    """The options behind one parameter, and how their values become its value."""

    options: tuple[Option, ...]
    read: Callable[[dict[str, Any]], object]

    def value(self, given: dict[str, Any]) -> object:
        """Its parameter's value; takes out what is given of its options."""
        return self.read({each.name: given.pop(each.name, each.default) for each in self.options})


def _connect() -> Option:
    text = "libvirt to talk to; else LIBVIRT_DEFAULT_URI, else qemu:///system."
    return option("connect", str, "--connect", "-c", metavar="URI", help=text)


def _output() -> Option:
    text = "table for people, json or yaml for programs, name: a word a line, for scripts."
    return option("output", Form, "--output", "-o", default=Form.TABLE, help=text)


def _among_hosts(flag: str = "--host") -> tuple[Option, ...]:
    """`flag`: what chooses some, where --host means another thing."""
    which = "These alone: names, or patterns as kvm*; of /etc/vnetmgr/hosts.yaml without --hosts."
    this = "What this machine is called among them; its own name when NAME is left out."
    session = "For vnetmgr itself, over ssh: it ends with its standard input."
    return (
        option("hosts_file", str, "--hosts", metavar="FILE", help="On the hosts of this file."),
        option("host_names", str, flag, multiple=True, metavar="NAME", help=which),
        option("this_host", str, "--this-host", metavar="[NAME]", help=this),
        option("session", bool, "--session", help=session),
    )


def _ovn() -> Option:
    text = (
        "OVN's northbound database, for overlays: tcp:HOST:PORT, ssl:HOST:PORT or unix:FILE; else "
        "the spec's, else OVN_NB_DB, else this machine's own."
    )
    return option("ovn_nb", str, "--ovn-nb", metavar="REMOTE", help=text)


def _fleet() -> Option:
    text = "Of mode overlay: whose it is, of several in one database; as a spec's ovn says it."
    return option("fleet", str, "--fleet", metavar="NAME", help=text)


def _printing(output: Option | None = None, flag: str = "--host") -> tuple[Option, ...]:
    """`output`: a command's own --output; `flag`: as `_among_hosts` has it."""
    return (*_among_hosts(flag), _ovn(), *_printing_alone(output))


def _printing_alone(output: Option | None = None) -> tuple[Option, ...]:
    """Of what talks to no host."""
    return (
        _connect(),
        output or _output(),
        option("verbose", bool, "--verbose", "-v", help="Show each libvirt call with its XML."),
        option("quiet", bool, "--quiet", "-q", help="Print results and errors alone."),
        option(
            "timeout",
            seconds,
            "--timeout",
            default=DEFAULT_TIMEOUT_S,
            metavar="TIME",
            help="Give up when libvirt or nft answers nothing for so long; 0: never.",
        ),
    )


def _changing(lock_timeout_s: float = _LOCK_TIMEOUT_S) -> tuple[Option, ...]:
    return (
        option("dry_run", bool, "--dry-run", help="Show the plan and change nothing."),
        option(
            "lock_timeout",
            seconds,
            "--lock-timeout",
            default=lock_timeout_s,
            metavar="TIME",
            help="Wait this long for another vnetmgr.",
        ),
    )


def _states() -> tuple[Option, ...]:
    return (
        option("config", bool, "--config", help="Only the config: counts from the next start."),
        option("live", bool, "--live", help="Only the running domain, until it stops."),
    )


def _run_files() -> tuple[Option, ...]:
    report, metrics = "Write the report as JSON.", "Write Prometheus' text format."
    return (
        option("report_file", str, "--report-file", metavar="FILE", help=report),
        option("metrics_file", str, "--metrics-file", metavar="FILE", help=metrics),
    )


def _allow() -> Option:
    text = "Disruption to allow: " + ", ".join(ALLOWANCES) + "."
    return option("allow", str, "--allow", multiple=True, metavar="LIST", help=text)


def _read_how(given: dict[str, Any]) -> How:
    return How(
        **_read_hosts(given),
        uri=given["connect"],
        form=form_of(given["output"]),
        said=given["output"],
        verbose=given["verbose"],
        dry_run=given.get("dry_run", False),
        lock_timeout_s=given.get("lock_timeout", _LOCK_TIMEOUT_S),
        timeout_s=given["timeout"],
        ovn=_read_ovn(given.get("ovn_nb"), given.get("fleet")),
    )


def _read_ovn(northbound: str | None, fleet: str | None) -> OvnSettings | None:
    if northbound is None and fleet is None:
        return None
    from vnetmgr.api.ovn_options import ovn_of

    return ovn_of(northbound, fleet)


def _read_hosts(given: dict[str, Any]) -> dict[str, Any]:
    """Raises UsageError for hosts of a file and another one beside."""
    file, words, this = (given.get(key) for key in ("hosts_file", "host_names", "this_host"))
    found = {"hosts_file": file, "this_host": this, "session": given.get("session", False)}
    if file is None and not words and this is None:
        return found
    from vnetmgr.cli.hosts import names_of, refuse_two

    refuse_two(file, words, this, given["connect"])
    return {**found, "host_names": names_of(words or ())}


def form_of(said: str | None) -> Form:
    """The form that a value of --output stands for; of what only one command has, a text."""
    return getattr(said, "form", Form.TABLE)


def _read_states(given: dict[str, Any]) -> States:
    return {"config": given["config"], "live": given["live"]}


def _read_policy(given: dict[str, Any]) -> Policy:
    from vnetmgr.api.wants import read_policy

    return read_policy(given["allow"] or ())


def _read_texts(given: dict[str, Any]) -> dict[str, str | list[str]]:
    return {name: _text(value) for name, value in given.items() if value is not None}


def _text(value: object) -> str | list[str]:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return [str(each) for each in value] if isinstance(value, list) else str(value)


def _table_group(**tables: Mapping[str, Any]) -> Group:
    """The options of tables that read them, as text; each with what help calls it."""
    options = (table_options(table, panel) for panel, table in tables.items())
    return Group(tuple(chain.from_iterable(options)), _read_texts)


def _network_group() -> Group:
    from vnetmgr.model.options.networks import NETWORK_OPTIONS

    return _table_group(Network=NETWORK_OPTIONS)


def _read_run_files(given: dict[str, Any]) -> RunFiles:
    from vnetmgr.cli.run_files import RunFiles

    return RunFiles(given)


def _own_output(output: str, *others: Option, alone: bool = False) -> Group:
    """With an --output of the command's own. `alone`: it talks to no host."""
    from vnetmgr.cli import forms

    own: Option = getattr(forms, output)()
    return Group((*others, *(_printing_alone if alone else _printing)(own)), _read_how)


def _record_group() -> Group:
    from vnetmgr.model.options.records import RECORD_OPTIONS

    return _table_group(Record=RECORD_OPTIONS)


# By the parameter's name; made for the command that is called alone.
GROUPS: dict[str, Callable[[], Group]] = {
    "values": lambda: _table_group(Source=SOURCE_OPTIONS, Nic=NIC_OPTIONS),
    "network_values": _network_group,
    "record_values": _record_group,
    "run_files": lambda: Group(_run_files(), _read_run_files),
    "states": lambda: Group(_states(), _read_states),
    "policy": lambda: Group((_allow(),), _read_policy),
    "how": lambda: Group((*_changing(), *_printing()), _read_how),
    "how_of_records": lambda: Group((*_changing(), *_printing(flag="--on-host")), _read_how),
    "making": lambda: Group((_fleet(), *_changing(), *_printing()), _read_how),
    "at_once": lambda: Group((*_changing(0.0), *_printing()), _read_how),
    "joining": lambda: Group((*_changing(), *_among_hosts(), *_printing_alone()), _read_how),
    "importing": lambda: _own_output("format_option", *_changing()),
    "reading": lambda: Group(_printing(), _read_how),
    "telling": lambda: _own_output("telling_option"),
    "writing": lambda: _own_output("telling_option", alone=True),
    "drawing": lambda: _own_output("picture_option"),
}
