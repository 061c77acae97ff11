"""Scripts that start guests, in the manner in which people publish them: starters/*.sh.

starters.toml says what is read of each: the words of every QEMU command that are about nics, or
the line and the reason why it is refused. Where a script is read, a real bash agrees.
"""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from vnetmgr.qemu_args.shell.relevance import is_relevant, takes_value
from vnetmgr.qemu_args.words import read_script

_HERE = Path(__file__).parent
SCRIPTS = {path.stem: path for path in sorted((_HERE / "starters").glob("*.sh"))}
EXPECTED = tomllib.loads((_HERE / "starters.toml").read_text())
# What the scripts run besides. Each stand-in does nothing, or runs what it is given.
_OTHERS = frozenset(
    {
        *("awk", "cat", "chmod", "chown", "find", "genisoimage", "getopt", "grep", "head", "id"),
        *("ip", "ls", "mkdir", "nproc", "qemu-img", "rm", "sed", "sleep", "socat", "tee"),
        *("udevadm", "xargs"),
    }
)
_RUNNERS = frozenset(
    {
        *("sudo", "env", "nice", "ionice", "numactl", "gdb", "strace", "firejail", "unshare"),
        *("chrt", "timeout", "ip", "systemd-run", "setsid", "nohup", "taskset"),
    }
)
_QEMU = """#!/bin/bash
printf '%s\\0' "$@" $'\\1' >> "$QEMU_LOG"
"""
_RUNNER = """#!/bin/bash
while [ $# -gt 0 ] && [[ $1 != *qemu-system-* ]]; do shift; done
[ $# -eq 0 ] || exec "$@"
"""


def about_nics(words: tuple[str, ...] | list[str]) -> list[str]:
    """The options of a command that say something about nics."""
    found, rest = [], iter(words)
    for word in rest:
        value = next(rest, None) if takes_value(word) else None
        chardev = word == "-chardev" and not any("vhost-user" in each for each in words)
        if is_relevant(word, value) and not chardev:
            found.append(f"{word} {value}")
    return found


def test_every_script_has_its_outcome() -> None:
    assert SCRIPTS.keys() == EXPECTED.keys()
    assert len(SCRIPTS) >= 60


@pytest.mark.parametrize("name", SCRIPTS)
def test_is_read_or_refused(name: str) -> None:
    script, expected = read_script(SCRIPTS[name].read_text()), EXPECTED[name]
    assert [str(problem) for problem in script.problems] == expected.get("refused", [])
    if not script.problems:
        assert [about_nics(each.words[1:]) for each in script.commands] == expected["guests"]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with stand-ins for whatever the scripts run; nothing else is in reach of them."""
    folder = tmp_path_factory.mktemp("bin")
    bash = shutil.which("bash") or "/bin/bash"
    texts = {
        "qemu-system-x86_64": _QEMU,
        **dict.fromkeys(_OTHERS, "#!/bin/bash\n"),
        **dict.fromkeys(_RUNNERS, _RUNNER),
        "cat": '#!/bin/bash\n[ $# -gt 0 ] || while IFS= read -r line; do echo "$line"; done\n',
        "seq": "#!/bin/bash\nfor ((i = $1; i <= $2; i++)); do echo $i; done\n",
        "uname": "#!/bin/bash\necho x86_64\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text.replace("/bin/bash", bash))
        (folder / name).chmod(0o755)
    return folder


# They wait for somebody, run for ever, start what no stand-in can, or need what is not set.
_NOT_RUN = frozenset(
    {
        *("dollar-args-2", "monitorline", "recursion", "restart-for-ever", "eval-getopt"),
        *("select-menu", "versions"),
    }
)


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@pytest.mark.parametrize(
    "name", [name for name in SCRIPTS if "refused" not in EXPECTED[name] and name not in _NOT_RUN]
)
def test_a_real_bash_starts_no_other_nics(name: str, programs: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.touch()
    for argument in ("", "start"):
        subprocess.run(
            [shutil.which("bash") or "bash", str(SCRIPTS[name]), *([argument] * bool(argument))],
            env={"PATH": str(programs), "QEMU_LOG": str(log), "HOME": "$HOME", "USER": "$USER"},
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=20,
        )
    calls = [call.split("\0")[:-1] for call in log.read_text(errors="replace").split("\1\0")[:-1]]
    started = [about_nics(call) for call in calls if "--version" not in call]
    assert [each for each in started if each not in EXPECTED[name]["guests"]] == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_cut_off_anywhere(name: str) -> None:
    """However little of a script there is, it is read or refused."""
    data = SCRIPTS[name].read_text()
    for end in range(0, len(data), 19):
        script = read_script(data[:end])
        lines = data[:end].count("\n") + 1
        assert all(1 <= problem.line <= lines for problem in script.problems), data[:end]


def test_is_not_run(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    text = f"$(touch {marker}); `touch {marker}`; kvm -nic user <(touch {marker}) >{marker}\n"
    read_script(text)
    assert not marker.exists()
    assert list(tmp_path.iterdir()) == []
