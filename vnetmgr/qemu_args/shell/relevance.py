"""Which of QEMU's options say something about nics, and whether an unknown part of one does."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from vnetmgr.qemu_args.backend_keys import USER
from vnetmgr.qemu_args.frontends import is_assigned, is_nic
from vnetmgr.qemu_args.options import Argument, read_keys
from vnetmgr.qemu_args.properties import DRIVERS
from vnetmgr.qemu_args.rules import Note
from vnetmgr.qemu_args.shell.values import Hole, Problem, holes, known, text_of
from vnetmgr.qemu_args.tables import READ_OPTIONS, VALUE_OPTIONS

if TYPE_CHECKING:
    from vnetmgr.qemu_args.shell.values import Text

_NETWORK = ("-net", "-nic", "-netdev")
_MACHINE = ("-machine", "-M")
_MOST = 16
_MARK = "\0"
"""Stands for an unknown part: no argument of a program can hold it."""
# What libvirt has no equivalent for is said and passed over, whatever its value is; where DHCP
# starts tells which address a forward leads to.
_IGNORED = frozenset(key for key, rule in USER.items() if isinstance(rule, Note)) - {"dhcpstart"}


# Devices whose properties may be anything: no nic is called like this.
_NO_NIC = re.compile(
    r"vfio-|usb-(?!net)|ide-|scsi-|sd-|nvme|hda-|ich9-|intel-|AC97|ac97|VGA|qxl|vmware-svga|isa-|"
    r"pci-bridge|pcie-|pxb|i82801b11|ahci|megasas|lsi|mptsas|nec-usb|qemu-xhci|piix|tpm-|ivshmem|"
    r"virt(io|ual)-?(blk|scsi|gpu|vga|serial|console|balloon|rng|9p|input|keyboard|mouse|tablet|"
    r"crypto|sound|snd|mem|pmem|iommu|fs)|vhost-(scsi|user-(blk|fs|gpu|scsi|input|rng|vsock)|"
    r"vsock)|virtserialport|virtconsole|bochs-display|ramfb|nvdimm|pc-dimm|edu|pvpanic|vmcoreinfo"
)


def plain_option(word: str) -> str:
    """An option with one hyphen; QEMU takes two as well."""
    return "-" + word.removeprefix("-").removeprefix("-") if word.startswith("-") else word


def takes_value(word: str) -> bool:
    """Whether an option's value is the next word."""
    option = plain_option(word)
    return word.startswith("-") and (option in VALUE_OPTIONS or option in READ_OPTIONS)


def is_machine(option: str, value: str | None) -> bool:
    """Whether an option chooses the board, and with it the model of a nic that has none."""
    return plain_option(option) in _MACHINE and value is not None


def is_relevant(option: str, value: str | None) -> bool:
    """Whether an option says something about nics, or their absence."""
    name = plain_option(option)
    if value is None:
        return name == "-nodefaults"
    if name == "-device":
        return _is_nic_device(value)
    if name == "-global":
        return value.partition(".")[0] in DRIVERS or "driver=" in value
    if name == "-set":
        return value.startswith(("device.", "netdev.", "net.", "nic."))
    if name == "-chardev":
        return value.startswith(("socket", "{"))
    if name == "-usbdevice":
        return value.startswith("net")
    if name == "-object":
        return "netdev" in value
    return name in READ_OPTIONS and name not in _MACHINE


def _is_nic_device(value: str) -> bool:
    if value.startswith("{"):
        return any(f'"{name}"' in value for name in (*DRIVERS, "netdev", "mac"))
    pairs = read_keys(value, implied="driver")
    argument = Argument(option="-device", words=("-device", value), pairs=pairs)
    driver = argument.first("driver") or ""
    return not is_assigned(driver) and is_nic(driver, argument)


def candidates(text: Text) -> list[str] | None:
    """All that a text may be, if that is known."""
    options = []
    total = 1
    for piece in text:
        if isinstance(piece, str):
            options.append([piece])
        elif isinstance(piece, Hole):
            if piece.choices is None or piece.repeated:
                return None
            inner = [candidates(choice) for choice in piece.choices]
            found = [each for texts in inner if texts is not None for each in texts]
            if None in inner:
                return None
            options.append(found)
            total *= len(found)
            if total > _MOST:
                return None
    return ["".join(each) for each in product(*options)]


class Relevance:
    """What becomes of an option whose value is not wholly known."""

    def __init__(self, option: str, value: Text, *, vhost: bool) -> None:
        self.vhost = vhost
        """Whether a nic has its socket from a -chardev."""
        self.option = plain_option(option)
        self.matters: Hole | None = None
        """The unknown part that matters."""
        self.machine: Hole | None = None
        """The one that decides what the board is."""
        self.text: str | None = None
        """The value without what does not matter; None: all of it can be left out."""
        first = holes(value)[0]
        if self.option not in READ_OPTIONS:
            return
        texts = candidates(value)
        if texts is not None and len(set(texts)) == 1:
            self.text = texts[0]
        elif texts is not None and not any(is_relevant(self.option, text) for text in texts):
            self._machine_of(value, first)
        else:
            self._look(value, first)

    def _machine_of(self, value: Text, first: Hole) -> None:
        if self.option in _MACHINE:
            self._board(value, first)

    def _look(self, value: Text, first: Hole) -> None:
        marked = "".join(
            piece if isinstance(piece, str) else _MARK if isinstance(piece, Hole) else ""
            for piece in value
        )
        head = marked.partition(",")[0]
        if self.option in _MACHINE:
            self._board(value, first)
        elif self.option in ("-readconfig", "-tftp", "-bootp", "-smb"):
            self.text = _shown(value)
        elif self.option == "-object":
            self.matters = first if "filter" in marked and "netdev" in marked else None
        elif self.option == "-usbdevice":
            self.matters = first if head.startswith((_MARK, "net")) else None
        elif self.option == "-global":
            driver = head.partition(".")[0]
            self.matters = first if _MARK in driver or driver in DRIVERS else None
        elif self.option in ("-chardev", "-device") and not self._concerns(marked, head):
            kept = [part for part in marked.split(",") if _MARK not in part]
            self.text = ",".join(kept)
        elif self.option in (*_NETWORK, "-device"):
            self._keys(value, marked)
        else:
            self.matters = first

    def _concerns(self, marked: str, head: str) -> bool:
        """Whether a device or chardev is, or may be, a nic's."""
        if _MARK in head or head.startswith("{"):
            return True
        if self.option == "-chardev":
            return self.vhost and head == "socket"
        return _is_nic_device(marked.replace(_MARK, "")) or any(
            part.startswith(_MARK) and not _NO_NIC.match(head) for part in marked.split(",")[1:]
        )

    def _board(self, value: Text, first: Hole) -> None:
        """`-machine`: only its type counts."""
        parts = _parts(value)
        kept = [known(part) for part in parts if known(part) is not None]
        for number, part in enumerate(parts):
            start = part[0] if part and isinstance(part[0], str) else ""
            bare = number == 0 and "=" not in start
            if known(part) is None and (bare or start.startswith("type=")):
                self.machine = holes(part)[0] if holes(part) else first
        self.text = ",".join(each for each in kept if each) or None

    def _keys(self, value: Text, marked: str) -> None:
        if marked.startswith("{"):
            self.matters = holes(value)[0]
            return
        for part in _parts(value):
            start = part[0] if part and isinstance(part[0], str) else ""
            key, equals, _ = start.partition("=")
            if known(part) is None and not (equals and key in _IGNORED):
                self.matters = holes(part)[0]
                return
        self.text = _shown(value)


def _parts(value: Text) -> list[Text]:
    """A value cut at its single commas."""
    parts: list[list[str | Hole | Problem]] = [[]]
    for piece in value:
        if not isinstance(piece, str):
            parts[-1].append(piece)
            continue
        texts = piece.replace(",,", "\1").split(",")
        for number, text in enumerate(texts):
            if number:
                parts.append([])
            parts[-1].append(text.replace("\1", ",,"))
    return [text_of(part) for part in parts]


def _shown(value: Text) -> str:
    return "".join(
        piece if isinstance(piece, str) else piece.shown if isinstance(piece, Hole) else ""
        for piece in value
    )
