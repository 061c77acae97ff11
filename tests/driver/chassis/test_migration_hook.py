"""The script that libvirt runs while a migration waits: it always ends well, and prints a whole
document or nothing."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from vnetmgr.local.service_files import fill_hook
from vnetmgr.runtime.text_file import read_text

TEMPLATE = Path(__file__).resolve().parents[3] / "templates/system/vnetmgr-qemu-hook"
GUEST = "<domain><devices><interface type='network'/></devices></domain>\n"
BEGIN = ("web1", "migrate", "begin", "-")


class Hook:
    """It, with a command of the test's in vnetmgr's place, and who notes what is logged."""

    def __init__(self, directory: Path) -> None:
        self._script, self.log = directory / "hook", directory / "log"
        logger = directory / "logger"
        logger.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> {self.log}\n')
        logger.chmod(0o755)
        self._path = f"{directory}:{os.environ['PATH']}"

    def __call__(self, command: str, *arguments: str, document: str = GUEST) -> str:
        """Call it as libvirt does, which gives no more of an environment; what it prints."""
        text = fill_hook(read_text(str(TEMPLATE)), ("sh", "-c", command))
        if "sleep" in command:  # which is given up; others may take their time
            text = text.replace("--kill-after=1 20", "--kill-after=0.1 0.5")
        self._script.write_text(text)
        done = subprocess.run(
            ["sh", str(self._script), *(arguments or BEGIN)],
            input=document,
            env={"PATH": self._path},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout


@pytest.fixture
def hook(tmp_path: Path) -> Hook:
    """One that has not been called."""
    return Hook(tmp_path)


def test_what_the_command_prints_is_the_guests_document(hook: Hook) -> None:
    assert hook("sed s/network/bridge/; echo note >&2") == GUEST.replace("network", "bridge")
    assert not hook.log.exists()


@pytest.mark.parametrize(
    ("command", "logged"),
    [
        ("head -c 20; echo the reason >&2; exit 1", "-t vnetmgr -- the reason\n"),
        ("head -c 20; kill -9 $$", ""),
        ("head -c 20; sleep 60", "-t vnetmgr -- given up\n"),
        ("trap '' TERM; while :; do sleep 1; done", ""),
        ("exec /nothing/of/the/name", ""),
    ],
)
def test_of_what_fails_nothing_is_printed(hook: Hook, command: str, logged: str) -> None:
    assert hook(command) == ""
    assert logged in hook.log.read_text()


def test_nothing_is_asked_of_others(hook: Hook) -> None:
    assert hook("echo no") == "no\n"
    assert hook("echo no", document="<domain/>") == ""
    for arguments in (
        ("web1", "prepare", "begin", "-"),
        ("web1", "migrate", "end", "-"),
        ("web1",),
    ):
        assert hook("echo no", *arguments) == ""
