"""Service files: valid, with this program and spec in them, and never over somebody's own."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vnetmgr.cli.commands import services
from vnetmgr.cli.commands.services import install_service
from vnetmgr.cli.options import How
from vnetmgr.errors import RefusedError, UsageError, VnetError
from vnetmgr.local.service_files import (
    cron_command,
    cron_times,
    fill_cron,
    fill_unit,
    systemd_command,
)
from vnetmgr.model.desired import Policy
from vnetmgr.model.overlay.settings import OvnSettings
from vnetmgr.render.blocks import Form

TEMPLATES = Path(__file__).parents[4] / "templates" / "system"
ODD = 'a b%c$d"e'
URI = "qemu+ssh://root@far/system?keyfile=/a%20b&no_verify=1"

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """A spec whose name is not plain."""
    path = tmp_path / ODD / "spec.yaml"
    path.parent.mkdir()
    path.write_text("version: 1\n")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the files go."""
    path = tmp_path / "out"
    path.mkdir()
    return path


def install(
    spec: Path | None,
    folder: Path,
    kind: str,
    *,
    every: str = "10m",
    force: bool = False,
    strict: bool = False,
    policy: Policy | None = None,
    uri: str | None = None,
    hosts: dict[str, Any] | None = None,
    dry_run: bool = False,
    form: Form = Form.TABLE,
    **options: Any,
) -> None:
    """Call the command. `hosts`: what it says of them."""
    options[kind] = True
    install_service(
        [str(spec)] if spec else None,
        every=every,
        directory=str(folder),
        force=force,
        strict=strict,
        policy=policy or Policy(),
        how=How(uri=uri, form=form, dry_run=dry_run, **(hosts or {})),
        **options,
    )


def remove(
    folder: Path, *kinds: str, force: bool = False, dry_run: bool = False, form: Form = Form.TABLE
) -> None:
    """Call it to take away what it wrote."""
    given: dict[str, Any] = dict.fromkeys(kinds, True)
    how = How(uri=None, form=form, dry_run=dry_run)
    install_service(
        remove=True, directory=str(folder), force=force, policy=Policy(), how=how, **given
    )


def settings(unit: Path, name: str) -> list[str]:
    """The values of a setting that a unit has, in their order."""
    lines = unit.read_text().splitlines()
    return [line.removeprefix(f"{name}=") for line in lines if line.startswith(f"{name}=")]


def exposure(unit: Path) -> float:
    """How much of the machine a service has, from 0 to 10, as systemd sees it."""
    analysis = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)]
    said = subprocess.run(analysis, capture_output=True, text=True).stdout
    (found,) = re.findall(r"Overall exposure level for .*: (\d+\.\d)", said)
    return float(found)


def verify(*units: Path) -> str:
    """What systemd says of units: nothing when they are fine."""
    result = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True
    )
    said = result.stdout + result.stderr
    assert result.returncode == 0 or said
    return said


@needs_systemd
@pytest.mark.parametrize(
    "name", ["vnetmgr-watch.service", "vnetmgr-reconcile.timer", "vnetmgr-metrics.service"]
)
def test_the_templates_are_valid_but_for_the_program_that_is_not_here(name: str) -> None:
    said = [
        line
        for line in verify(TEMPLATES / name).splitlines()
        if "/usr/local/bin/vnetmgr is not executable" not in line
    ]
    assert said == []


@needs_systemd
@pytest.mark.parametrize("unit", sorted(TEMPLATES.glob("*.service")), ids=lambda unit: unit.name)
def test_the_templates_are_exposed_little(unit: Path) -> None:
    assert exposure(unit) <= 2.8


@needs_systemd
@pytest.mark.parametrize("uri", [None, URI, "an-alias"])
def test_so_is_what_is_installed_whatever_it_has_to_be_let_do(
    spec: Path, folder: Path, uri: str | None
) -> None:
    """The spec and the files are in /tmp, of which it then has none of its own."""
    install(spec, folder, "timer", uri=uri, metrics_file=str(spec.parent / "x.prom"))
    assert verify(*folder.iterdir()) == ""
    limit = 3.0 if uri != "an-alias" else 3.3
    assert exposure(folder / "vnetmgr-reconcile.service") <= limit


@needs_systemd
@pytest.mark.parametrize("kind", ["watch", "timer"])
def test_what_is_installed_is_valid(spec: Path, folder: Path, kind: str) -> None:
    install(spec, folder, kind, uri=URI, strict=True, policy=Policy(allow=frozenset({"restart"})))
    assert verify(*folder.iterdir()) == ""
    for unit in folder.iterdir():
        assert unit.stat().st_mode & 0o777 == 0o644


@needs_systemd
@pytest.mark.parametrize("name", ["plain", "a b", "per%cent", "$HOME", "ä ö", "a;b", "a#b"])
def test_systemd_reads_a_program_as_it_is_called(folder: Path, name: str) -> None:
    """It names a program that does not exist, as it has understood it."""
    unit = folder / "x.service"
    unit.write_text(f"[Service]\nExecStart={systemd_command([f'/nonexistent/{name}', 'watch'])}\n")
    assert f"Command /nonexistent/{name} is not executable" in verify(unit)


def test_words_for_systemd_are_quoted() -> None:
    assert systemd_command(["/bin/x", "/etc/conf.d"]) == "/bin/x /etc/conf.d"
    assert systemd_command(["/bin/x", ODD]) == '/bin/x "a b%%c$$d\\"e"'
    assert systemd_command(["/bin/x", ";"]) == '/bin/x ";"'
    assert systemd_command(["/bin/$x", ""]) == '"/bin/$x" ""'
    for name in ('quo"te', "it's", "back\\slash"):
        with pytest.raises(UsageError, match="systemd runs no program"):
            systemd_command([f"/bin/{name}"])


def test_the_command_is_absolute_and_has_the_connection(
    spec: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = spec.parent / "vnetmgr"
    program.touch()
    monkeypatch.setattr(sys, "argv", [str(program), "install-service"])
    monkeypatch.setenv("LIBVIRT_DEFAULT_URI", "qemu:///session")
    monkeypatch.chdir(spec.parent)
    install(Path("spec.yaml"), folder, "cron")
    line = (folder / "vnetmgr").read_text().splitlines()[-1]
    *times, user, command = line.split(None, 6)
    assert (times, user) == (["*/10", "*", "*", "*", "*"], "root")
    # Each % of cron's, then the shell.
    assert "%" not in command.replace(r"\%", "")
    assert shlex.split(command.replace(r"\%", "%")) == [
        *(str(program), "reconcile", str(spec), "--connect", "qemu:///session"),
        *("--timeout", "45"),
    ]


HOSTS = """\
version: 1
hosts:
  kvm1: {connect: "qemu+ssh://root@kvm1/system"}
  kvm2: {connect: "test:///default"}
"""


@pytest.fixture
def hosts_file(spec: Path) -> str:
    """A file of hosts beside the spec."""
    path = spec.parent / "hosts.yaml"
    path.write_text(HOSTS)
    path.chmod(0o644)
    return str(path)


@pytest.fixture
def of_hosts(
    spec: Path, hosts_file: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[dict[str, Any], list[str]]:
    """What is said of hosts, in their folder, and the words that it becomes."""
    monkeypatch.setenv("LIBVIRT_DEFAULT_URI", "qemu:///session")
    monkeypatch.chdir(spec.parent)
    said = {"hosts_file": "hosts.yaml", "host_names": ("kvm1", "kvm[2-9]")}
    return said, ["--hosts", hosts_file, "--host", "kvm1,kvm[2-9]"]


@pytest.mark.parametrize("kind", ["timer", "watch"])
def test_a_service_may_be_for_many_hosts(
    spec: Path, folder: Path, of_hosts: tuple[dict[str, Any], list[str]], kind: str
) -> None:
    said, words = of_hosts
    install(spec, folder, kind, hosts=said)
    (unit,) = folder.glob("*.service")
    (command,) = settings(unit, "ExecStart")
    assert systemd_command(["x", *words]).removeprefix("x ") in command
    assert "--connect" not in command
    assert "-/root/.ssh" in settings(unit, "ReadWritePaths")
    # This machine may be one of them.
    assert not any(each.startswith("~") for each in settings(unit, "CapabilityBoundingSet"))


def test_so_may_a_line_for_cron(
    spec: Path, folder: Path, of_hosts: tuple[dict[str, Any], list[str]]
) -> None:
    said, words = of_hosts
    install(spec, folder, "cron", hosts=said)
    line = (folder / "vnetmgr").read_text().splitlines()[-1]
    found = shlex.split(line.replace(r"\%", "%"))
    place = found.index("--hosts")
    assert found[place : place + 4] == words
    assert "--connect" not in found


@pytest.mark.parametrize(("name", "word"), [("kvm1", "--this-host=kvm1"), ("", "--this-host=")])
def test_it_may_be_for_this_host_of_many(spec: Path, folder: Path, name: str, word: str) -> None:
    install(spec, folder, "watch", hosts={"this_host": name})
    (command,) = settings(folder / services._WATCH, "ExecStart")
    assert word in command.split()


def test_it_is_told_where_ovn_is(spec: Path, folder: Path) -> None:
    install(spec, folder, "watch", hosts={"ovn": OvnSettings(northbound="ssl:a:1,ssl:b:1")})
    (command,) = settings(folder / services._WATCH, "ExecStart")
    assert "--ovn-nb=ssl:a:1,ssl:b:1" in command.split()


def test_hosts_that_are_not_there_are_told_before_anything_is_written(
    spec: Path, folder: Path, hosts_file: str
) -> None:
    said = {"hosts_file": hosts_file, "host_names": ("kvm3",)}
    with pytest.raises(UsageError, match="no host kvm3"):
        install(spec, folder, "watch", hosts=said)
    with pytest.raises(UsageError, match="cannot be read"):
        install(spec, folder, "watch", hosts={"hosts_file": f"{hosts_file}.old"})
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("kind", ["hook", "migration_hook"])
@pytest.mark.parametrize("said", [{"this_host": ""}, {"host_names": ("kvm1",)}])
def test_a_hook_is_of_its_own_host(folder: Path, kind: str, said: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="a hook is for"):
        install(None, folder, kind, hosts=said)


def test_a_migrations_hook_hands_on_the_guests_document_and_answers_what_it_prints(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = folder.parent / "vnetmgr"
    program.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" > {folder.parent}/words; cat > {folder.parent}/document\n'
        f"echo said >&2; cat {folder.parent}/answer\n"
    )
    program.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(program)])
    ovn = OvnSettings(northbound="tcp:10.0.0.1:6641")
    install(None, folder, "migration_hook", hosts={"ovn": ovn})
    hook = folder / "vnetmgr"

    def call(operation: str, document: str) -> str:
        words = [str(hook), "web", *operation.split(), "-"]
        done = subprocess.run(words, input=document, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    guest = "<domain><interface type='network'/>\n<!-- %s \\n $x `y` --></domain>"
    assert call("start begin", guest) == ""
    assert call("migrate begin", "<domain/>") == ""
    assert not (folder.parent / "words").exists()
    assert call("migrate begin", guest) == ""  # it failed
    (folder.parent / "answer").write_text("<domain>\n%s</domain>\n")
    assert call("migrate begin", guest) == "<domain>\n%s</domain>\n"
    assert (folder.parent / "document").read_text() == guest
    words = (folder.parent / "words").read_text().split()
    assert words[0] == "prepare-migration"
    assert "--incoming" in words
    assert "--ovn-nb=tcp:10.0.0.1:6641" in words


def test_without_a_program_of_its_own_python_runs_the_module(
    spec: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["/somewhere/vnetmgr/__main__.py"])
    install(spec, folder, "watch", every="2h", policy=Policy(allow=frozenset({"taint", "replug"})))
    text = (folder / "vnetmgr-watch.service").read_text()
    (line,) = [line for line in text.splitlines() if line.startswith("ExecStart=")]
    assert line.startswith(f"ExecStart={sys.executable} -m vnetmgr watch ")
    assert line.endswith("--allow replug,taint --interval 2h")


def test_a_timer_comes_with_its_service(
    spec: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(spec, folder, "timer", every="90s")
    assert {each.name for each in folder.iterdir()} == {
        "vnetmgr-reconcile.service",
        "vnetmgr-reconcile.timer",
    }
    assert "OnUnitInactiveSec=90s\n" in (folder / "vnetmgr-reconcile.timer").read_text()
    said = capsys.readouterr()
    assert said.out.count(": added in config") == 2
    enable = "systemctl daemon-reload && systemctl enable --now vnetmgr-reconcile.timer"
    assert enable in said.err


def written(folder: Path) -> dict[Path, tuple[int, int]]:
    """When each file was written, and which it is; that it was read counts for nothing."""
    stats = {each: each.stat() for each in folder.iterdir()}
    return {path: (stat.st_ino, stat.st_mtime_ns) for path, stat in stats.items()}


@pytest.mark.parametrize("kind", ["watch", "timer", "cron"])
def test_again_it_does_nothing_and_it_spares_what_differs(
    spec: Path, folder: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    install(spec, folder, kind)
    before = written(folder)
    capsys.readouterr()
    install(spec, folder, kind)
    said = capsys.readouterr()
    assert said.out == ""
    assert "nothing to do" in said.err
    assert written(folder) == before

    last = sorted(before)[-1]
    last.write_text("mine\n")
    with pytest.raises(RefusedError, match="nothing was written"):
        install(spec, folder, kind, every="1h")
    assert last.read_text() == "mine\n"
    assert written(folder).items() - before.items() == {(last, written(folder)[last])}
    install(spec, folder, kind, every="1h", force=True)
    assert last.read_text() != "mine\n"
    assert {each.name for each in folder.iterdir()} == {each.name for each in before}


def test_a_unit_may_write_where_its_files_are(spec: Path, folder: Path) -> None:
    odd = spec.parent / "x.prom"
    report = folder.parent / "report.json"
    install(spec, folder, "timer", metrics_file=str(odd), report_file=str(report))
    unit = folder / "vnetmgr-reconcile.service"
    (started,) = settings(unit, "ExecStart")
    quoted = str(odd).replace("%", "%%").replace("$", "$$").replace('"', r"\"")
    assert f'--metrics-file "{quoted}" --report-file {report} ' in started
    paths = [f'"-{quoted}"'.replace("$$", "$").replace("/x.prom", ""), f"-{report.parent}"]
    assert settings(unit, "ReadWritePaths")[1:] == paths
    assert settings(unit, "PrivateTmp") == ["yes", "no"]
    assert unit.read_text().rstrip().endswith("PrivateTmp=no")


def test_outside_of_tmp_a_unit_keeps_a_tmp_of_its_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/lib/python3/vnetmgr/__main__.py"])
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3")
    install(Path("/etc"), folder, "watch")
    unit = folder / "vnetmgr-watch.service"
    assert settings(unit, "PrivateTmp") == ["yes"]
    assert unit.read_text().rstrip().endswith("WantedBy=multi-user.target")
    leads = folder / "link"
    leads.symlink_to("/etc")
    install(leads, folder, "watch", force=True)
    assert settings(unit, "PrivateTmp") == ["yes", "no"]


def test_a_service_for_another_host_has_no_say_in_this_ones_network(
    spec: Path, folder: Path
) -> None:
    install(spec, folder, "watch", uri=URI)
    unit = folder / "vnetmgr-watch.service"
    local, others, *added = settings(unit, "CapabilityBoundingSet")
    assert added == ["CAP_SETPCAP", f"~{local}"]
    assert "CAP_NET_ADMIN" in local
    assert "CAP_NET" not in others
    assert settings(unit, "ReadWritePaths")[1:] == ["-/root/.ssh"]
    install(spec, folder, "watch", uri="qemu:///system", force=True)
    assert settings(unit, "CapabilityBoundingSet") == [local, others]


def test_files_of_a_run_go_with_runs(spec: Path, folder: Path) -> None:
    for kind in ("watch", "hook"):
        with pytest.raises(UsageError, match="goes with --timer or --cron"):
            install(spec if kind == "watch" else None, folder, kind, metrics_file="/etc/x")
    for path in ("", f"{folder}/", f"{folder}/missing/x", "/x"):
        with pytest.raises(UsageError, match="--metrics-file"):
            install(spec, folder, "timer", metrics_file=path)
    assert list(folder.iterdir()) == []
    install(spec, folder, "cron", metrics_file=f"{folder.parent}/x.prom")
    assert f" --metrics-file {folder.parent}/x.prom\n" in (folder / "vnetmgr").read_text()


@pytest.mark.parametrize("kind", ["watch", "timer", "cron", "hook", "migration_hook"])
def test_what_it_wrote_it_takes_away_again(
    spec: Path, folder: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    other = folder / "vnetmgr-metrics.service"
    other.write_text("mine\n")
    is_hook = kind.endswith("hook")
    install(None if is_hook else spec, folder, kind)
    written = set(folder.iterdir()) - {other}
    if is_hook:
        assert written.pop().read_text().startswith("#!/bin/sh\n# Written by")
        written = {folder / "vnetmgr"}
    remove(folder, kind, dry_run=True)
    assert set(folder.iterdir()) == {*written, other}
    capsys.readouterr()
    remove(folder, kind)
    assert set(folder.iterdir()) == {other}
    said = capsys.readouterr()
    assert said.out == "".join(f"file {each}: removed in config\n" for each in sorted(written))
    unit = {"watch": "vnetmgr-watch.service", "timer": "vnetmgr-reconcile.timer"}.get(kind)
    stop = f"now: systemctl stop {unit}; systemctl disable {unit}; systemctl daemon-reload\n"
    assert said.err == (stop if unit else "")
    remove(folder, kind)
    said = capsys.readouterr()
    assert said.out == ""
    assert "nothing to do" in said.err


def test_without_a_kind_it_takes_away_all_that_there_is(
    spec: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for kind in ("watch", "timer", "cron"):
        install(spec, folder, kind)
    capsys.readouterr()
    remove(folder, form=Form.JSON)
    assert list(folder.iterdir()) == []
    said = json.loads(capsys.readouterr().out)
    assert [each["action"] for each in said["changes"]] == ["delete"] * 4
    assert {each["result"] for each in said["changes"]} == {"done"}


def test_what_somebody_changed_stays(spec: Path, folder: Path) -> None:
    install(spec, folder, "timer")
    install(spec, folder, "watch")
    unit = folder / "vnetmgr-reconcile.service"
    asked = unit.read_text()
    for text in ("mine\n", "", f"{asked}Nice=5\n", asked.replace("15min", "1h"), f"\n{asked}"):
        unit.write_text(text)
        with pytest.raises(
            RefusedError, match=r"reconcile\.service: not as .* nothing was removed"
        ):
            remove(folder)
        assert len(list(folder.iterdir())) == 3
    unit.write_text(asked)
    remove(folder, "timer")
    (folder / "vnetmgr-watch.service").write_text("mine\n")
    remove(folder, "watch", force=True)
    assert list(folder.iterdir()) == []


def test_a_dry_run_writes_nothing(
    spec: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(spec, folder, "watch", dry_run=True, form=Form.JSON)
    assert list(folder.iterdir()) == []
    (change,) = json.loads(capsys.readouterr().out)["changes"]
    assert (change["action"], change["object"]) == ("create", "file")
    assert change["name"] == f"{folder}/vnetmgr-watch.service"


def test_bad_usage(spec: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    how = How(uri=None, verbose=False)
    with pytest.raises(UsageError, match="give one of"):
        install_service([str(spec)], policy=Policy(), how=how)
    with pytest.raises(UsageError, match="give one of"):
        install_service([str(spec)], timer=True, cron=True, policy=Policy(), how=how)
    with pytest.raises(UsageError, match="standard input"):
        install(Path("-"), folder, "cron")
    with pytest.raises(UsageError, match="no such file"):
        install(spec.parent / "missing", folder, "cron")
    with pytest.raises(UsageError, match="--every"):
        install(spec, folder, "timer", every="0m")
    with pytest.raises(UsageError, match="line break"):
        install(spec, folder, "watch", uri="qemu:///system\nExecStart=/bin/evil")
    with pytest.raises(VnetError, match="cannot be written"):
        install(spec, folder / "missing", "cron")
    how = How(uri=None, form=Form.TABLE, dry_run=True)
    for taken in (False, True):  # and not the host's own
        with pytest.raises(UsageError, match="has no name"):
            install_service(
                [str(spec)], directory="", policy=Policy(), how=how, timer=True, remove=taken
            )
    assert list(folder.iterdir()) == []
    assert services._SYSTEMD == "/etc/systemd/system"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (60, "* * * * *"),
        (300, "*/5 * * * *"),
        (1800, "*/30 * * * *"),
        (3600, "0 * * * *"),
        (4 * 3600, "0 */4 * * *"),
        (86400, "0 0 * * *"),
    ],
)
def test_times_that_cron_knows(seconds: int, expected: str) -> None:
    assert cron_times(seconds) == expected


@pytest.mark.parametrize("seconds", [1, 30, 90, 7 * 60, 90 * 60, 5 * 3600, 7 * 86400])
def test_times_that_cron_does_not_know(seconds: int) -> None:
    with pytest.raises(UsageError, match="cron only knows"):
        cron_times(seconds)


def test_cron_gets_a_shell_command() -> None:
    command = cron_command(["/bin/x", "a b%c", "it's"])
    assert shlex.split(command.replace(r"\%", "%")) == ["/bin/x", "a b%c", "it's"]
    with pytest.raises(UsageError, match="backslash"):
        cron_command(["/bin/x", "a\\b"])


def test_the_users_own_template_keeps_what_else_it_says() -> None:
    own = "# mine\n[Service]\nExecStart=/bin/old \\\n  --with more\nNice=5\n"
    filled = fill_unit(own, {"ExecStart": r"/bin/new \1"})
    assert filled == "# mine\n[Service]\nExecStart=/bin/new \\1\nNice=5\n"
    with pytest.raises(UsageError, match="no line ExecStart="):
        fill_unit("[Service]\n", {"ExecStart": "x"})
    cron = "# 1 2 3 4 5 root x\nMAILTO=me\n1 2 * * mon-fri admin /bin/old\n"
    assert fill_cron(cron, times="* * * * *", command=r"/bin/new \%") == (
        "# 1 2 3 4 5 root x\nMAILTO=me\n* * * * * admin /bin/new \\%\n"
    )
    with pytest.raises(UsageError, match="no line for cron"):
        fill_cron("MAILTO=me\n", times="* * * * *", command="x")
