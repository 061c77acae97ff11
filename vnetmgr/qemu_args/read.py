"""From a QEMU command line to nics: connects front ends with back ends. Pure.

QEMU connects them by netdev id (`-device X,netdev=n0`), within one `-nic`, or by hub: every
`-net` is a port of hub 0, or before QEMU 3 of the hub that `vlan=` says.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.model.nic import Mode, Source
from vnetmgr.model.record import Record
from vnetmgr.qemu_args.backends import read_backend
from vnetmgr.qemu_args.compose import compose, give_names, unlike_others
from vnetmgr.qemu_args.frontends import (
    is_assigned,
    is_nic,
    read_device,
    read_legacy_nic,
    read_onboard,
)
from vnetmgr.qemu_args.hubs import connect_hubs
from vnetmgr.qemu_args.options import CommandLine, split_words
from vnetmgr.qemu_args.properties import DRIVERS, ONBOARD_KEYS
from vnetmgr.qemu_args.rules import SAME, Draft, Take, read_hub, read_text
from vnetmgr.qemu_args.tables import DEFAULT_MODELS, X86_PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.model.forward import Forward
    from vnetmgr.model.nic import NicPatch
    from vnetmgr.qemu_args.options import Argument


class ImportedNic(Record):
    """A nic that a command line describes."""

    patch: NicPatch
    arguments: tuple[str, ...]
    """The words that it came from, as typed; none for QEMU's default nic."""
    forwards: tuple[Forward, ...] = ()
    """Of one in user mode: the ports of the host that lead to it."""


class Imported(Record):
    """All that a command line says about nics."""

    machine: str | None
    nics: tuple[ImportedNic, ...]
    """Those that libvirt can have as they are."""
    notes: tuple[str, ...]
    """What has no equivalent and does no harm."""
    problems: tuple[str, ...]
    """Why others cannot be had."""


def read_arguments(words: Sequence[str]) -> Imported:
    """Read the words of a QEMU command line, with the program's name or without.

    Never raises: whatever is wrong is in `problems`.
    """
    line = split_words(tuple(words))
    reading = _Reading(line)
    for argument in line.arguments:
        reading.read(argument)
    reading.connect()
    reading.redirect()
    return reading.result()


class _Reading:
    """What has been found so far."""

    def __init__(self, line: CommandLine) -> None:
        self.line = line
        self.machine: str | None = None
        self.fronts: list[Draft] = []
        self.backs: list[Draft] = []
        self.redirections: list[tuple[str, str]] = []
        self.notes: list[str] = list(line.notes)
        self.problems: list[str] = list(line.problems)
        self.default_nic = not line.flags & {"-nodefaults", "-net", "-nic", "-netdev"}
        self.chardevs = {
            argument.first("id") or "": argument
            for argument in line.arguments
            if argument.option == "-chardev"
        }

    def read(self, argument: Argument) -> None:
        option = argument.option
        if option in ("-net", "-nic", "-netdev"):
            {"-net": self._net, "-nic": self._nic, "-netdev": self._netdev}[option](argument)
        elif option == "-device":
            self._device(argument)
        elif option in ("-M", "-machine"):
            self.machine = argument.first("type") or self.machine
        elif option != "-chardev":
            self._other(argument)

    def _net(self, argument: Argument) -> None:
        kind = argument.first("type")
        if kind == "nic":
            self.fronts.append(read_legacy_nic(argument))
        elif kind == "dump":
            typed = " ".join(argument.words)
            self.notes.append(f"{typed}: records packets; nearest: tcpdump on the nic's tap")
        elif kind != "none":
            self.backs.append(
                read_backend(argument, argument.pairs, legacy=True, chardevs=self.chardevs)
            )
        elif len(argument.pairs) > 1:
            self._useless(argument)

    def _nic(self, argument: Argument) -> None:
        kind = argument.first("type")
        if kind == "none":
            if len(argument.pairs) > 1:
                self._useless(argument)
            return
        front_pairs = tuple(pair for pair in argument.pairs if pair[0] in ONBOARD_KEYS)
        back_pairs = tuple(pair for pair in argument.pairs if pair[0] not in ONBOARD_KEYS)
        if kind is None:
            back_pairs = (("type", "user"), *back_pairs)
        front = read_onboard(argument, front_pairs)
        if kind == "hubport":
            hubport = self._hubport(argument, back_pairs)
            front.hub, front.problems = hubport.hub, [*front.problems, *hubport.problems]
            if "netdev" in hubport.taken:
                front.problem("netdev=: the nic is the peer of this port already")
        else:
            front.peer = read_backend(argument, back_pairs, legacy=False, chardevs=self.chardevs)
        self.fronts.append(front)

    def _netdev(self, argument: Argument) -> None:
        if argument.first("type") == "hubport":
            back = self._hubport(argument, argument.pairs)
        else:
            back = read_backend(argument, argument.pairs, legacy=False, chardevs=self.chardevs)
        if not back.id:
            back.problem(f"no id= ({' '.join(argument.words)}); -device needs one for its netdev=")
        elif any(back.id == other.id and other.hub is None for other in self.backs):
            back.problem(f"id={back.id}: a second -netdev of that id")
        self.backs.append(back)

    def _hubport(self, argument: Argument, pairs: tuple[tuple[str, str], ...]) -> Draft:
        """A port of a hub: no back end, but a way to one."""
        port = Draft(argument, argument.label)
        port.apply(
            pairs,
            {"type": SAME, "id": Take(str), "hubid": Take(read_hub), "netdev": Take(read_text)},
        )
        port.id = port.taken.get("id")
        if "hubid" in port.taken:
            port.hub = int(port.taken["hubid"])
        elif not port.problems:
            port.problem("no hubid=; it says which hub it is a port of")
        return port

    def _useless(self, argument: Argument) -> None:
        rest = ",".join(f"{key}={value}" for key, value in argument.pairs if key != "type")
        self.problems.append(f"{argument.label}: {rest}: none takes nothing besides")

    def _device(self, argument: Argument) -> None:
        driver = argument.first("driver") or ""
        if is_assigned(driver):
            self.notes.append(
                f"{argument.label}: a device of the host, handed to the guest; if it is a network "
                f"card, nearest: {Command('attach-nic', '--hostdev')}"
            )
        elif is_nic(driver, argument):
            self.fronts.append(read_device(argument))

    def _other(self, argument: Argument) -> None:
        """Options of other kinds whose value may be about a nic."""
        option, value = argument.option, argument.words[1]
        typed = " ".join(argument.words)
        if option == "-readconfig":
            self.notes.append(f"{typed}: the file is not read; nics in it are not among these")
        elif option == "-set" and re.match(r"(device|netdev|net|nic)\.", value):
            self.problems.append(f"{typed}: not read; write the property into its argument")
        elif option == "-global":
            first = argument.first("driver") or (argument.pairs or (("", ""),))[0][0]
            driver = first.partition(".")[0]
            if driver in DRIVERS:
                self.problems.append(f"{typed}: not read; write the property into its -device")
        elif option == "-object" and argument.first("netdev"):
            self.notes.append(
                f"{argument.label}: netdev={argument.first('netdev')}: a filter between nic and "
                "back end, which libvirt does not have; to record packets: tcpdump on the tap"
            )
        elif option == "-redir":
            self.redirections.append((typed, value))
        elif option in ("-tftp", "-bootp", "-smb"):
            self.notes.append(
                f"{typed}: libvirt does not pass it to QEMU's user mode; nearest: a NAT network "
                "(attach-nic --nat)"
            )
        elif option == "-usbdevice" and value.startswith("net"):
            self.problems.append(f"{typed}: no longer in QEMU; write -device usb-net,netdev=ID")

    def connect(self) -> None:
        """Give each front end its back end."""
        if self.default_nic:
            front = Draft(None, "QEMU's default nic")
            front.peer = Draft(None, "QEMU's default nic")
            front.peer.source = Source(Mode.USER)
            front.note("no network option given, so QEMU adds a nic in user mode")
            self.fronts.append(front)
        by_id: dict[str, Draft] = {}
        for back in self.backs:
            if back.id:
                by_id.setdefault(back.id, back)
        used: dict[str, Draft] = {}
        for front in self.fronts:
            name = front.taken.get("netdev")
            if name is None:
                continue
            if name in used:
                front.problem(f"netdev={name}: {used[name].label} has it already; one nic each")
            elif name not in by_id:
                front.problem(f"netdev={name}: no -netdev has that id; the nic would be alone")
            elif front.hub is not None:
                front.problem(f"netdev={name}: a nic is on a hub (vlan=) or has a netdev, not both")
            elif "hubid" in by_id[name].taken:
                front.hub, front.via = by_id[name].hub, by_id[name]
            else:
                front.peer = by_id[name]
            used.setdefault(name, front)
        connect_hubs(self.fronts, self.backs, by_id)

    def redirect(self) -> None:
        """Give each `-redir` its nic."""
        if not self.redirections:
            return
        from vnetmgr.qemu_args.forwards import redirect

        peers = [front.peer for front in self.fronts if front.peer is not None]
        notes = [redirect(peers, typed, value) for typed, value in self.redirections]
        self.notes += [note for note in notes if note is not None]

    def result(self) -> Imported:
        """Put the ends together."""
        nics: list[tuple[NicPatch, Draft]] = []
        for front in self.fronts:
            if front.peer is None and not front.problems:
                front.problem(
                    "no back end, so the nic would be connected to nothing; add one (netdev=ID "
                    f"with -netdev, or -net user), or {Command('attach-nic')} with a source"
                )
            patch = compose(front, self._default_model(front))
            if patch is not None and unlike_others(front, patch, nics):
                nics.append((patch, front))
        self._unused()
        ends: list[Draft] = []
        for end in [e for f in self.fronts for e in (f, f.via, f.peer)] + list(self.backs):
            if end is not None and end not in ends:
                ends.append(end)
        named = give_names(nics)
        return Imported(
            machine=self.machine,
            nics=tuple(
                ImportedNic(patch=patch, arguments=_words(front), forwards=_forwards(front))
                for patch, front in named
            ),
            notes=(*self.notes, *(note for end in ends for note in end.notes)),
            problems=(*self.problems, *(each for end in ends for each in end.problems)),
        )

    def _default_model(self, front: Draft) -> str | None:
        if "model" in front.fields:
            return None
        machine = self.machine
        if machine is None and self.line.program in (None, *X86_PROGRAMS):
            machine = "pc"
        for pattern, model in DEFAULT_MODELS:
            if re.fullmatch(pattern, machine or ""):
                return model
        front.note(
            f"the model of a nic on machine {machine or 'by default'} is not known here; "
            "virtio unless one is said"
        )
        return "virtio"

    def _unused(self) -> None:
        used = [end for front in self.fronts for end in (front.peer, front.via)]
        for back in self.backs:
            if not (back in used or back.problems or back.shared or "netdev" in back.taken):
                back.note("no nic uses it, so there is nothing to attach")
                for key, value in back.listed:
                    back.note(f"{key}={value}: it leads to no nic")


def _forwards(front: Draft) -> tuple[Forward, ...]:
    return () if front.peer is None else tuple(front.peer.forwards)


def _words(front: Draft) -> tuple[str, ...]:
    ends = [front.argument]
    for end in (front.via, front.peer):
        if end is not None and end.argument not in ends:
            ends.append(end.argument)
    return tuple(word for argument in ends if argument is not None for word in argument.words)
