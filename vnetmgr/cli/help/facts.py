"""What the help says that no option tells: exit codes, the environment, files, and which options
belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CARRYING_OUT = "Carrying it out"
AMONG_HOSTS = "One of many hosts, or several"
OVERLAYS = "Networks that span hosts"
COMMON = "Options of every command"
PANELS = {
    **dict.fromkeys(("hosts_file", "host_names", "this_host", "session"), AMONG_HOSTS),
    **dict.fromkeys(("ovn_nb", "revision", "fleet"), OVERLAYS),
    **dict.fromkeys(("connect", "output", "verbose", "quiet", "timeout"), COMMON),
    **dict.fromkeys(("config", "live", "allow", "dry_run", "lock_timeout", "wait"), CARRYING_OUT),
    **dict.fromkeys(("if_exists", "yes", "max_changes", "all_or_nothing"), CARRYING_OUT),
    **dict.fromkeys(("report_file", "metrics_file"), "Files for monitoring"),
}
"""By the option's name, where it does not say it itself."""

_DONE = "Done, or there was nothing to do."
_SHOWN = "What was asked for is shown."
_FAILED = "It failed; standard error says what, and why."
_USAGE = "Wrong usage, or a problem in a spec: nothing was done."
_REFUSED = "Refused, as it is unsafe, stale or ambiguous."
_LOCKED = "Another vnetmgr is at work, and --lock-timeout has passed."
_INTERRUPTED = "Interrupted; what was under way is taken back, or said to be done."
_ENDED = "Interrupted."
_PENDING = "Changes are pending"
_OWN_CODES: Mapping[str, Mapping[str, str]] = {
    "": {
        "0": "Done, or there was nothing to do. Of doctor: all is healthy.",
        "1": f"{_FAILED} Of doctor: something is broken; of trace: not delivered; of lists: a "
        "domain could not be read.",
        "3": f"{_PENDING}: of plan --check, and of --dry-run with reconcile or watch.",
    },
    "doctor": {"0": "Nothing is broken.", "1": "Something is broken, or it failed."},
    "export": {"4": "Refused: some nics cannot be told apart by a spec; they are named."},
    "plan": {"3": f"{_PENDING}, with --check."},
    "reconcile": {
        "1": "It failed, or a part of the spec has a problem and was left alone.",
        "3": f"{_PENDING}, with --dry-run.",
    },
    "trace": {
        "0": "Delivered: to a guest, to the host, or out of it.",
        "1": "Dropped, or it cannot be told, or it failed.",
    },
    "serve-ssh": {
        "0": "What was asked for is done; every other code is that of the command, too.",
        "4": "Refused: the command is not for this key; or by itself.",
    },
    "validate": {"0": "No problem was found.", "2": "A spec has problems, or wrong usage."},
    "watch": {"0": "It was told to end.", "3": f"{_PENDING}, with --dry-run."},
}

_URI = {"LIBVIRT_DEFAULT_URI": "The libvirt to talk to where --connect does not say it."}
_OVN = {
    "OVN_NB_DB": "OVN's northbound database, where neither --ovn-nb nor the spec says it.",
    "OVN_NBCTL_OPTIONS": "ovn-nbctl's: of it -p, -c, -C, the files of TLS, and --db.",
    "OVN_SYSCONFDIR": "Where OVN has its file system-id-override; else /etc.",
}
_LOOKS = {
    "NO_COLOR": "Set to anything: no colours.",
    "COLUMNS": "How wide help and, on a terminal, tables are; else as the terminal is.",
    "TERM": "dumb: no bold titles in help.",
}
_TEMPLATES_FOLDER = {"XDG_CONFIG_HOME": "Where your own templates are looked for; else ~/.config."}
_LOCK_FOLDER = {"XDG_RUNTIME_DIR": "Where the lock of a user lies who may not use that of all."}
_SERVICE = {
    "NOTIFY_SOCKET": "systemd's: it is told that the service is ready, and goes on.",
    "WATCHDOG_USEC": "systemd's: how often it wants to hear that.",
    "WATCHDOG_PID": "systemd's: of which process.",
    "JOURNAL_STREAM": "systemd's: lines for its journal have priorities, and no time.",
}
_OVS = {"OVS_RUNDIR": "Where Open vSwitch has its sockets; else /run/openvswitch."}
_JOINING = {
    "OVN_SB_DB": "OVN's southbound database, where neither --southbound nor Open vSwitch says it.",
    "OVN_RUNDIR": "Where OVN has its sockets; else /run/ovn.",
    "OVS_SYSCONFDIR": "Where Open vSwitch has its folder of settings; else /etc.",
}
_LEAVING = {
    **_JOINING,
    "OVN_SB_DB": "OVN's southbound database, where Open vSwitch does not say it.",
}
_INSTALLING = {
    "SHELL": "The shell that --install-completion is for, where it is not named.",
    "XDG_DATA_HOME": "Where --install-completion writes; else ~/.local/share.",
}
_SSH = {"SSH_ORIGINAL_COMMAND": "sshd's: what serve-ssh is to run."}
_OWN_ENVIRONMENT: Mapping[str, Mapping[str, str]] = {
    "": _OVS | _JOINING | _SERVICE | _INSTALLING | _SSH,
    "join-overlay": _OVS | _JOINING,
    "leave-overlay": _OVS | _LEAVING,
    "metrics": _SERVICE,
    "serve-ssh": _SSH,
    "watch": _SERVICE,
}

_TEMPLATES = {
    "/etc/vnetmgr/templates/": "Your site's templates, before those that come along.",
    "~/.config/vnetmgr/templates/": "Your own templates, before both.",
}
_LOCK = {"/run/vnetmgr/": "The lock that those who may change things share."}
_HOSTS = {
    "/etc/vnetmgr/hosts.yaml": "How hosts are reached, where --hosts names no other file.",
    "/run/vnetmgr-ssh-0/": "Connections of ssh to hosts, while a command uses them more than once.",
}
_FROM_TEMPLATES = frozenset(
    {"", "attach-nic", "create-domain", "create-network", "import-qemu", "apply", "reconcile"}
    | {"plan", "watch", "install-service"}
)
_OWN_FILES: Mapping[str, Mapping[str, str]] = {
    "install-service": {
        "/etc/systemd/system/": "Where units are written, but for --directory.",
        "/etc/cron.d/": "Where the cron line is written.",
        "/etc/libvirt/hooks/network.d/": "Where libvirt's hook is written.",
    },
    "leave-overlay": {
        "/etc/system-id-override": "The host's name in OVN, before what Open vSwitch's database "
        "has; only read.",
    },
    "join-overlay": {
        "/etc/openvswitch/system-id.conf": "The host's name in OVN, as Open vSwitch's start sets "
        "it; written where it is another.",
        "/etc/system-id-override": "The same, before what Open vSwitch's database has; only read.",
    },
}
_ALONE = frozenset({"schema", "example-spec"})
"""They talk to no libvirt."""
_WITHOUT_LOCK = frozenset({"install-service", "watch"})
"""The one changes nothing that has a lock, the other waits for as long as it takes."""


def exit_codes(command: str, *, changes: bool) -> Iterator[tuple[str, str]]:
    """Each exit code of a command, and what it says; of the program's own page, of any."""
    common = {"0": _SHOWN, "1": _FAILED, "2": _USAGE}
    if command not in _ALONE:
        common |= {"4": _REFUSED}
    common |= {"0": _DONE, "130": _INTERRUPTED} if changes else {"130": _ENDED}
    if changes and command not in _WITHOUT_LOCK:
        common |= {"75": _LOCKED}
    said = {**common, **_OWN_CODES.get(command, {})}
    yield from sorted(said.items(), key=lambda each: int(each[0]))


def environment(command: str, *, changes: bool) -> Iterator[tuple[str, str]]:
    """Each variable of the environment that a command heeds."""
    if command not in _ALONE:
        yield from _URI.items()
        yield from _OVN.items()
    yield from _LOOKS.items()
    if command in _FROM_TEMPLATES:
        yield from _TEMPLATES_FOLDER.items()
    if changes:
        yield from _LOCK_FOLDER.items()
    yield from _OWN_ENVIRONMENT.get(command, {}).items()


def files(command: str, *, changes: bool) -> Iterator[tuple[str, str]]:
    """Each file, or folder, that a command reads or writes unasked."""
    if command not in _ALONE:
        yield from _HOSTS.items()
    if command in _FROM_TEMPLATES:
        yield from _TEMPLATES.items()
    if changes:
        yield from _LOCK.items()
    yield from _OWN_FILES.get(command, {}).items()
