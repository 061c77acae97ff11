"""Build the guests' kernel and initramfs from the distribution's own packages.

Its directory holds `kernel`, `plain.cpio`, `agent.cpio` (the same with qemu-guest-agent) and
`server.cpio` (with perl, for what busybox cannot serve: UDP).
Nothing is installed.
"""

import lzma
import os
import re
import shutil
import struct
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.lab.cache import cached_directory, digest
from tests.lab.errors import LabError
from tests.lab.programs import need_program, search_path

# The cloud flavour of this kernel has no drivers for emulated hardware.
KERNEL_METAPACKAGE = "linux-image-amd64"

# Named as their files; what they depend on is found. PCI hotplug (pciehp, shpchp, acpiphp),
# af_packet and ipv6 are built into Debian's kernel; elsewhere they are loaded when they exist.
MODULES = (
    "acpiphp",
    "shpchp",
    "pciehp",
    "af_packet",
    "ipv6",
    "virtio_pci",
    "virtio_net",
    "virtio_console",
    "e1000",
    "e1000e",
    "8139cp",
    "8139too",
    "vmxnet3",
    "pcnet32",
    "8021q",
    "pvpanic-mmio",  # the ISA device too, which ACPI tells of
)
OPTIONAL_MODULES = frozenset({"acpiphp", "shpchp", "pciehp", "af_packet", "ipv6"})

GUESTFS = Path(__file__).parent / "guestfs"

# Names a finished image: in another system's root there is nothing to build one from.
IMAGE_VARIABLE = "VNETMGR_GUEST_IMAGE"


@cache
def image_directory() -> Path:
    """Return the directory of the guest's kernel and initramfs, built if need be."""
    if ready := os.environ.get(IMAGE_VARIABLE):
        return Path(ready)
    package, version = _kernel_package()
    programs = [need_program("busybox"), *_files_of("qemu-ga"), *_files_of("perl")]
    inputs = [Path(__file__), *sorted(GUESTFS.iterdir()), *programs]
    key = f"{package}_{version}-{digest(path.read_bytes() for path in inputs)}"

    def build(target: Path) -> None:
        with TemporaryDirectory(prefix="kernel-", dir=target) as unpacked:
            kernel_tree = _unpack_kernel(package, version, into=Path(unpacked))
            _write_kernel(kernel_tree, target / "kernel")
            plain = _plain_initramfs(kernel_tree)
        # The kernel takes archives one after the other as one.
        (target / "plain.cpio").write_bytes(plain)
        (target / "agent.cpio").write_bytes(plain + _initramfs_with("qemu-ga", "usr/sbin/qemu-ga"))
        (target / "server.cpio").write_bytes(plain + _initramfs_with("perl", "usr/bin/perl"))

    return cached_directory("guest", key.replace(":", "-"), build)


def _output(*argv: str | Path, cwd: Path | None = None) -> str:
    environment = {**os.environ, "PATH": search_path()}
    result = subprocess.run(argv, cwd=cwd, env=environment, capture_output=True, text=True)
    if result.returncode:
        command = " ".join(map(str, argv))
        raise LabError(f"{command}: exit {result.returncode}\n{result.stderr.strip()}")
    return result.stdout


def _kernel_package() -> tuple[str, str]:
    """Return the real kernel package behind the metapackage, and its version."""
    shown = _output("apt-cache", "show", "--no-all-versions", KERNEL_METAPACKAGE)
    depends = re.search(r"^Depends: (linux-image-[^\s,]+) \(= ([^)]+)\)", shown, re.MULTILINE)
    if not depends:
        raise LabError(f"apt knows no {KERNEL_METAPACKAGE}: run `apt-get update`")
    return depends[1], depends[2]


def _files_of(name: str) -> list[Path]:
    """Return a program and the shared libraries that it loads, as the paths it asks for."""
    program = need_program(name)
    libraries = re.findall(r"(/\S+) \(0x", _output("ldd", program))
    return [program, *map(Path, libraries)]


def _unpack_kernel(package: str, version: str, *, into: Path) -> Path:
    """Download and unpack the kernel; return the root of the unpacked tree."""
    # As root apt drops to its own user for downloads, which may not write here.
    _output(
        "apt-get", "-o", "APT::Sandbox::User=root", "download", f"{package}={version}", cwd=into
    )
    (archive,) = into.glob("*.deb")
    tree = into / "tree"
    _output("dpkg-deb", "-x", archive, tree)
    archive.unlink()
    return tree


def _write_kernel(tree: Path, target: Path) -> None:
    """Write the kernel, unpacked if possible: without KVM it takes 3 s to unpack itself.

    QEMU boots an uncompressed ELF kernel by its PVH entry point, which Debian's has.
    """
    (source,) = (tree / "boot").glob("vmlinuz-*")
    image = source.read_bytes()
    # The setup header's fields are in the kernel's Documentation/arch/x86/boot.rst.
    setup_sectors = image[0x1F1]
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    try:
        elf = lzma.LZMADecompressor().decompress(image[start : start + length])
    except lzma.LZMAError:
        elf = b""
    target.write_bytes(elf if elf.startswith(b"\x7fELF") else image)


def _plain_initramfs(kernel_tree: Path) -> bytes:
    with TemporaryDirectory() as name:
        root = Path(name)
        _install(need_program("busybox"), root / "bin/busybox")
        _install(GUESTFS / "init", root / "init")
        for script in ("shell", "udhcpc", "autodhcp", "answer", "ask"):
            _install(GUESTFS / script, root / "lib/lab" / script)
        modules = _add_modules(kernel_tree, root)
        (root / "lib/modules.list").write_text("".join(f"{path}\n" for path in modules))
        return _archive(root)


def _initramfs_with(program: str, place: str) -> bytes:
    file, *libraries = _files_of(program)
    with TemporaryDirectory() as name:
        root = Path(name)
        _install(file, root / place)
        for library in libraries:
            _install(library, root / str(library).lstrip("/"))
        return _archive(root)


def _install(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o755)


def _add_modules(kernel_tree: Path, root: Path) -> list[str]:
    """Copy the modules; return their paths in the guest in the order in which to load them."""
    (tree,) = [path for path in kernel_tree.glob("**/lib/modules/*") if path.is_dir()]
    # The package has no modules.dep: its postinst would make it.
    _output("depmod", "-b", tree.parents[2], tree.name)
    needs: dict[str, list[str]] = {}
    for line in (tree / "modules.dep").read_text().splitlines():
        path, _, dependencies = line.partition(":")
        needs[path] = dependencies.split()
    by_name = {Path(path).name.split(".ko")[0]: path for path in needs}

    ordered: list[str] = []
    for name in MODULES:
        if name not in by_name:
            if name in OPTIONAL_MODULES:
                continue
            raise LabError(f"the guest kernel has no module {name}")
        path = by_name[name]
        # modules.dep lists the direct and indirect needs of a module, the deepest last.
        ordered += [need for need in (*reversed(needs[path]), path) if need not in ordered]
    return [_add_module(tree / path, root) for path in ordered]


def _add_module(source: Path, root: Path) -> str:
    name = source.name.split(".ko")[0] + ".ko"
    target = root / "lib/modules" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    content = source.read_bytes()
    match source.suffix:
        case ".xz":
            content = lzma.decompress(content)
        case ".zst":
            content = subprocess.check_output(["zstd", "-dc", str(source)])
        case ".gz":
            content = subprocess.check_output(["gzip", "-dc", str(source)])
    target.write_bytes(content)
    return f"/lib/modules/{name}"


def _archive(root: Path) -> bytes:
    names = sorted(str(path.relative_to(root)) for path in root.rglob("*"))
    command = ["cpio", "--create", "--format=newc", "--owner=0:0", "--quiet"]
    listing = "\n".join([".", *names]).encode()
    result = subprocess.run(command, cwd=root, input=listing, capture_output=True)
    if result.returncode:
        raise LabError(f"cpio: {result.stderr.decode().strip()}")
    return result.stdout
