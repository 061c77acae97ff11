"""Shell scripts are read as a real sh reads them, or not at all."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.unit.qemu_args.scripts import READ_AS_BASH_DOES, READ_AS_SH_DOES, REFUSED
from vnetmgr.qemu_args.words import read_script

if TYPE_CHECKING:
    from pathlib import Path

# Prints its name and arguments: each ends with NUL, each call with another.
FAKE_QEMU = """#!/bin/sh
printf '%s\\0' "${0##*/}" "$@" >> "$FAKE_LOG"
printf '\\1' >> "$FAKE_LOG"
"""
FAKE_SUDO = '#!/bin/sh\nexec "$@"\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with programs that only tell how they were called."""
    folder = tmp_path_factory.mktemp("sh")
    programs = dict.fromkeys(("qemu-system-x86_64", "kvm", "qemu-kvm"), FAKE_QEMU)
    (folder / "bin").mkdir()
    for name, text in {**programs, "sudo": FAKE_SUDO}.items():
        program = folder / "bin" / name
        program.write_text(text)
        program.chmod(0o755)
    return folder


def run_by_sh(script: str, folder: Path, shell: str = "/bin/sh") -> list[list[str]]:
    """The program names and arguments of every QEMU that a shell starts."""
    log = folder / "log"
    log.write_bytes(b"")
    subprocess.run(
        [shell, "-c", script],
        env={"PATH": f"{folder / 'bin'}:{os.defpath}", "FAKE_LOG": str(log), "LC_ALL": "C.UTF-8"},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=20,
    )
    calls = log.read_text().split("\1")[:-1]
    return [call.split("\0")[:-1] for call in calls]


@pytest.mark.parametrize("name", READ_AS_SH_DOES)
def test_as_a_real_sh(name: str, folder: Path) -> None:
    assert read(READ_AS_SH_DOES[name]) == run_by_sh(READ_AS_SH_DOES[name], folder)


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@pytest.mark.parametrize("script", READ_AS_BASH_DOES)
def test_as_a_real_bash(script: str, folder: Path) -> None:
    text = f"#!/bin/bash\n{script}"
    assert read(text) == run_by_sh(text, folder, "bash")


def read(text: str) -> list[list[str]]:
    """The program names and arguments of every QEMU that is read in a script."""
    script = read_script(text)
    assert script.problems == ()
    return [
        [command.words[0].rpartition("/")[2], *command.words[1:]] for command in script.commands
    ]


def test_the_corpus_starts_something() -> None:
    empty = [name for name, text in READ_AS_SH_DOES.items() if not read_script(text).commands]
    assert empty == ["no command", "mentioned"]


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_line(name: str) -> None:
    text, line, words = REFUSED[name]
    said = [str(problem) for problem in read_script(text).problems]
    assert any(each.startswith(f"line {line}: ") and words in each for each in said), said


def test_every_problem_is_told_at_once() -> None:
    script = read_script("A=$(a)\nkvm $A $B \\\n `c`\nkvm -m 1")
    assert [problem.line for problem in script.problems] == [1, 2, 3]
    assert [command.line for command in script.commands] == [4]


def test_what_is_left_out_is_noted() -> None:
    script = read_script('kvm -nic ${M:-user} \\\n "$@"\nkvm --version')
    assert [note.line for note in script.notes] == [1, 2, 3]
    assert [command.words for command in script.commands] == [("kvm", "-nic", "user")]


def test_bash_appends() -> None:
    script = read_script('NET="-net nic"\nNET+=" -net user"\nkvm $NET')
    assert script.commands[0].words == ("kvm", "-net", "nic", "-net", "user")


@pytest.mark.parametrize("deep", ["(" * 5000, "${a:-" * 5000, "if " * 5000, "$(" * 5000])
def test_depth_is_no_crash(deep: str) -> None:
    assert read_script(f"kvm -m 1; {deep}").problems


WORDS = st.text(st.sampled_from("abz019-_=,.:/+@%^ \t'\"\\"), max_size=40)


@given(WORDS)
def test_as_shlex(line: str) -> None:
    """On one line without expansions, Python's own splitter says the same."""
    try:
        expected = shlex.split(line, posix=True)
    except ValueError:
        if line.endswith("\\"):
            return  # a shell keeps a backslash at the very end, shlex does not
        assert read_script(f"kvm {line}").problems
        return
    script = read_script(f"kvm {line}")
    assert script.problems == ()
    assert list(script.commands[0].words[1:]) == expected


# With one of these QEMU runs nothing.
ONLY_TELLS = frozenset({"-version", "--version", "-help", "--help", "-h"})


@given(st.lists(st.text(st.characters(exclude_characters="\0\r", codec="utf-8")), max_size=6))
def test_what_shlex_quotes_is_read_back(arguments: list[str]) -> None:
    assume(not ONLY_TELLS.intersection(arguments))
    line = shlex.join(["kvm", "-m", *arguments, "end"])
    (command,) = read_script(line).commands
    assert list(command.words[1:]) == ["-m", *arguments, "end"]


PIECES = st.sampled_from(
    [
        *("kvm", "qemu-kvm", "if", "then", "elif", "else", "fi", "for", "in", "do", "done"),
        *("while", "case", "esac", "function", "f()", "set", "--", "shift", "eval", "a", "b"),
        *(";;", ";", "&", "&&", "||", "|", "<", ">", "<<", "2>", "<(", "{", "}", "(", ")", "!"),
        *("$(", "${", "${a:-", "${a", "`", "'", '"', "\\", "$a", "$@", "a=", "a=(", "+=", "a+=b"),
        *("#", "[[", "]]", "~", "*", "{a,b}", "\0", "\r", "ü"),
    ]
)


@given(st.lists(st.tuples(PIECES, st.sampled_from(["", " ", "\n"])), max_size=30))
def test_no_text_is_a_crash(pieces: list[tuple[str, str]]) -> None:
    text = "".join(piece + blank for piece, blank in pieces)
    script = read_script(text)
    lines = text.count("\n") + 1
    assert all(1 <= problem.line <= lines for problem in script.problems), script


MANY = 400
HEAVY = {
    "branches": "X='-m 1'\n" + 'if a; then X="$X -hda d"; fi\n' * MANY + "kvm $X -nic user",
    "arrays that double": "A=(a b)\n" + 'A=("${A[@]}" "${A[@]}")\n' * 40 + 'kvm "${A[@]}"',
    "texts that double": "X=ab\n" + "if a; then X=$X$X; fi\n" * 60 + "kvm -hda $X -nic user",
    "loops in loops": "while a; do " * 9 + "kvm -nic user;" + " done;" * 9,
    "turns": "for i in {1..400}; do for j in {1..400}; do for k in {1..400}; do :; "
    "done; done; done",
    "a function that calls itself": "f() { f; f; }; f; kvm -nic user",
    "functions that call two": "".join(f"f{i}() {{ f{i + 1}; f{i + 1}; }}\n" for i in range(22))
    + "f0\nkvm -nic user",
    "braces": "#!/bin/bash\nkvm " + "{a,b}" * 12,
    "open braces": "#!/bin/bash\nkvm " + "{" * 3000,
    "elif": "if a; then :\n" + "elif b; then X=1\n" * MANY + "fi\nkvm -nic user",
    "powers": "kvm $((9**9**9)); printf -v X '%0999999999d' 1; kvm $X",
    "patterns": "X="
    + "a" * 5000
    + "; kvm -hda ${X//*a*a*a*b/c}; case $X in *a*a*a*a*b) kvm;; esac",
    "a word of many unknowns": 'kvm -append "' + "$x " * 40_000 + '"',
    "calculations that are never closed": "x=$(( a\n" * 3000,
}


@pytest.mark.parametrize("name", HEAVY)
def test_what_would_take_for_ever_comes_to_an_end(name: str) -> None:
    script = read_script(HEAVY[name])
    lines = HEAVY[name].count("\n") + 1
    assert all(1 <= problem.line <= lines for problem in script.problems)


def test_what_is_never_reached_is_told() -> None:
    script = read_script("kvm -nic user\nexit\nkvm -nic none\n")
    assert [command.line for command in script.commands] == [1]
    assert [note.line for note in script.notes] == [3]
    assert [problem.line for problem in read_script("exit\nkvm -nic none").problems] == [2]


def test_notes_are_about_what_counts() -> None:
    script = read_script("M=${MEM:-1G}\nN=${NET:-user}\nkvm -m $M -hda ${D:-a} -nic $N")
    assert [note.line for note in script.notes] == [2]


@pytest.mark.parametrize(
    "script",
    [
        "echo 'exec qemu-system-x86_64 -nic user' > run",
        "{\n: ; echo qemu-kvm -nic user; } >> run.sh",
    ],
)
def test_what_is_written_into_a_file_is_told(script: str) -> None:
    assert ["written into a file" in str(note) for note in read_script(script).notes] == [True]


@pytest.mark.parametrize("script", ["echo kvm -nic user", "echo kvm -nic user >&2 >>vm.log"])
def test_what_is_shown_is_not_told(script: str) -> None:
    assert read_script(script).notes == ()
