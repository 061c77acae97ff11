"""The root of the next Debian, whose libvirt and QEMU are newer: `python -m tests.lab.next.root`.

Built from the archive that this machine's apt uses, with this project's Python packages in it;
the libvirt binding is the distribution's own, built against its libvirt. Nothing is installed
on the machine. `entering_next` runs commands in it.
"""

import os
import shutil
import subprocess
import tomllib
from pathlib import Path

from tests.lab.cache import cache_root, cached_directory, digest, scratch_beside
from tests.lab.errors import LabError
from tests.lab.features import PROGRAMS
from tests.lab.image_builder import IMAGE_VARIABLE, image_directory
from tests.lab.namespaces import SCRIPTS
from tests.lab.programs import need_program, search_path

SUITE = "trixie"
REPOSITORY = Path(__file__).resolve().parents[3]

# Beside what the lab itself asks for.
PACKAGES = (
    "libvirt-clients",
    "libvirt-daemon-driver-interface",
    "openvswitch-switch",
    "passt",
    "procps",
    "python3",
    "python3-libvirt",
    "virtinst",
    "xz-utils",
)

# Those of the `dev` extra that tests import; the linters stay outside.
TEST_REQUIREMENTS = ("hypothesis", "pytest", "setuptools", "wheel")

# A build that is interrupted must leave no process that writes, and no mount that a clearing away
# of the wreck would descend into.
ENDING_WITH_US = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"),
)

# Wheels are fetched by this machine's pip, for the other Python.
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")


def next_root() -> Path:
    """Return the root directory, built if need be: 430 MB, about half a minute."""
    packages = sorted({*PROGRAMS.values(), *PACKAGES})
    requirements = _requirements()
    inputs = [SUITE, *packages, *requirements, Path(__file__).read_text()]

    def build(target: Path) -> None:
        _bootstrap(target, packages)
        _install_python_packages(target, requirements)

    key = f"{SUITE}-{digest(text.encode() for text in inputs)}"
    return cached_directory("next", key, build)


def entering_next(argv: list[str], *, firewall_backend: str) -> tuple[list[str], dict[str, str]]:
    """Return a command line, and its environment, that run a command in the next Debian.

    It sees this machine's network, /dev and /tmp, the repository and the cache, and nothing else
    of its files; what it writes elsewhere goes with it.
    """
    cache = cache_root()
    shared = [str(REPOSITORY), str(cache)]
    environment = {
        **{name: value for name, value in os.environ.items() if name in ("CI", "TERM")},
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
        "XDG_CACHE_HOME": str(cache.parent),
        "VNETMGR_LAB_FIREWALL": firewall_backend,
        # The guest stays the same: only what is around it is another.
        IMAGE_VARIABLE: str(image_directory()),
    }
    enter = [str(need_program("unshare")), "--mount", "sh", str(SCRIPTS / "enter")]
    return [*enter, str(next_root()), *shared, "--", *argv], environment


def _requirements() -> list[str]:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    tests = project["optional-dependencies"]["dev"]
    return [
        *(each for each in project["dependencies"] if not each.startswith("libvirt-python")),
        *(each for each in tests if each.startswith(TEST_REQUIREMENTS)),
    ]


def _bootstrap(target: Path, packages: list[str]) -> None:
    _run(
        target,
        *ENDING_WITH_US,
        need_program("mmdebstrap"),
        "--mode=root",
        "--variant=minbase",
        "--aptopt=APT::Install-Recommends false",
        "--dpkgopt=path-exclude=/usr/share/doc/*",
        "--dpkgopt=path-exclude=/usr/share/man/*",
        "--dpkgopt=path-exclude=/usr/share/locale/*",
        f"--include={','.join(packages)}",
        SUITE,
        target,
        archive(target),
    )


def archive(target: Path) -> str:
    """Return the address of Debian's archive, as this machine's apt has it."""
    printed = _run(
        target,
        need_program("apt-get"),
        "indextargets",
        "--format=$(REPO_URI)",
        "Created-By: Packages",
        "Origin: Debian",
        "Label: Debian",
    )
    if not printed:
        raise LabError("apt knows no archive of Debian's: run `apt-get update`")
    return printed.splitlines()[0]


def _install_python_packages(root: Path, requirements: list[str]) -> None:
    (interpreter,) = (root / "usr/bin").glob("python3.[0-9]*[0-9]")
    target = root / "usr/local/lib" / interpreter.name / "dist-packages"
    _run(
        root,
        *ENDING_WITH_US,
        REPOSITORY / ".venv/bin/python",
        *("-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-compile"),
        f"--python-version={interpreter.name.removeprefix('python')}",
        *(f"--platform={platform}" for platform in PLATFORMS),
        "--only-binary=:all:",
        f"--target={target}",
        *requirements,
    )
    inside = str(target.relative_to(root))
    _run(root, *ENDING_WITH_US, "chroot", root, "python3", "-m", "compileall", "-q", f"/{inside}")


def _run(building: Path, *argv: str | Path) -> str:
    with scratch_beside(building) as scratch:
        environment = {**os.environ, "PATH": search_path(), "TMPDIR": str(scratch)}
        result = subprocess.run(argv, env=environment, capture_output=True, text=True)
    if result.returncode:
        command = " ".join(map(str, argv))
        raise LabError(f"{command}: exit {result.returncode}\n{result.stderr.strip()}")
    return result.stdout


def why_no_next_root() -> str | None:
    """Return why no such root can be had on this machine, None when one can."""
    if os.geteuid() != 0:
        return "the next Debian's root is for root to build and to enter"
    return None if shutil.which("mmdebstrap", path=search_path()) else "no mmdebstrap"


if __name__ == "__main__":
    print(next_root())
