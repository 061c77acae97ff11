"""From option values to what is wanted. No networking decisions: those are the planner's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vnetmgr.errors import UsageError, VnetError, concerning, usage_problems
from vnetmgr.local.templates import edited_template, read_template, refuse_other
from vnetmgr.model.desired import Desired, DomainFields, DomainWant, NicWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.names import check_object_name
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.network_want import NetworkPatch, NetworkWant
from vnetmgr.model.nic import Mode
from vnetmgr.model.options.nic_patch import build_patch, parse_pairs
from vnetmgr.model.options.nics import DEFAULT_NETWORK
from vnetmgr.model.patch import UNSET
from vnetmgr.model.record import Record, replace
from vnetmgr.model.values import parse_size
from vnetmgr.problem import About, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vnetmgr.model.nic import NicPatch
    from vnetmgr.model.state import State

_NO_STATES: frozenset[State] = frozenset()


def nic_desired(
    domain: str,
    values: Mapping[str, str | Sequence[str]],
    *,
    intent: Intent,
    nic: str | None = None,
    states: frozenset[State] = _NO_STATES,
) -> Desired:
    """One nic of one domain, with the network that --nat stands for."""
    want = nic_want(domain, values, intent=intent, nic=nic, states=states)
    return Desired(networks=networks_for(values), nics=(want,))


def with_user_forwards(desired: Desired, texts: Sequence[str]) -> Desired:
    """Also port forwards to the one nic that is wanted, which has to be in user mode. Raises
    UsageError."""
    from vnetmgr.model.forward import ForwardWant
    from vnetmgr.model.options.forwards import build_forward

    (nic,) = desired.nics
    source = nic.patch.source
    if source is UNSET or source.mode is not Mode.USER:
        raise UsageError(
            "--forward goes with --user, where the nic is on no network",
            f"attach the nic, then: vnetmgr add-forward {nic.domain} {texts[0]}",
        )
    wants = tuple(
        ForwardWant(domain=nic.domain, intent=Intent.CREATE, forward=build_forward(text, {}))
        for text in texts
    )
    return replace(desired, forwards=wants)


def nic_want(
    domain: str,
    values: Mapping[str, str | Sequence[str]],
    *,
    intent: Intent,
    nic: str | None = None,
    states: frozenset[State] = _NO_STATES,
) -> NicWant:
    """One nic, as options say."""
    with concerning(About("nic", nic or str(values.get("name", "")), domain)):
        patch = build_patch(values, source_needed=intent is Intent.CREATE)
    if intent is Intent.CREATE:
        return patch_want(domain, patch, states=states)
    return NicWant(domain=domain, nic=nic, intent=intent, patch=patch, states=states)


def patch_want(domain: str, patch: NicPatch, *, states: frozenset[State] = _NO_STATES) -> NicWant:
    """A new nic as a patch says, with the template that it starts from."""
    want = NicWant(domain=domain, intent=Intent.CREATE, patch=patch, states=states)
    if patch.source is UNSET:
        return want
    name = f"nic/{patch.source.mode}.xml"
    template, edited = read_template(name), edited_template(name)
    refuse_other(template, tag="interface", origin=edited)
    return replace(want, template=template, edited_template=edited)


def networks_for(*each_values: Mapping[str, str | Sequence[str]]) -> tuple[NetworkWant, ...]:
    """The default network, when one of the nics asks for NAT."""
    if any(values.get("nat") == "yes" for values in each_values):
        patch = NetworkPatch(mode=NetworkMode.NAT)
        return (NetworkWant(name=DEFAULT_NETWORK, intent=Intent.CREATE, patch=patch),)
    return ()


class DomainOptions(Record):
    """The options of create-domain, as text."""

    name: str
    memory: str
    vcpus: int
    disk: str | None
    kernel: str | None
    initrd: str | None
    cmdline: str | None
    machine: str
    template: str | None
    nics: tuple[str, ...]
    start: bool


def domain_desired(options: DomainOptions) -> Desired:
    """A new domain with its nics. Raises UsageError that lists every problem."""
    problems: list[Problem] = []
    about = About("domain", options.name)
    memory_bytes = 0
    try:
        check_object_name(options.name, what="domain")
        memory_bytes = parse_size(options.memory)
    except ValueError as error:
        problems.append(Problem(about, str(error)))
    pairs = []
    wants = []
    for text in options.nics:
        try:
            values = parse_pairs(text)
            wants.append(nic_want(options.name, values, intent=Intent.CREATE))
            pairs.append(values)
        except VnetError as error:
            whose = error.about or About("nic", domain=options.name)
            problems += [
                Problem(each.about or whose, f"--nic {text}: {each}", each.hint or error.hint)
                for each in error.problems
            ]
    if options.template is None and _family(options.machine) is None:
        text = f"--machine {options.machine}: templates are for q35 and pc"
        problems.append(Problem(about, text))
    if problems:
        raise usage_problems(problems, "vnetmgr create-domain --help shows every option")
    template, edited = _domain_template(options)
    refuse_other(template, tag="domain", origin=edited)
    want = DomainWant(
        fields=_fields(options, memory_bytes),
        template=template,
        edited_template=edited,
        nics=tuple(wants),
        start=options.start,
    )
    return Desired(networks=networks_for(*pairs), domains=(want,))


def _fields(options: DomainOptions, memory_bytes: int) -> DomainFields:
    from uuid import uuid4

    return DomainFields(
        name=options.name,
        uuid=str(uuid4()),
        memory_bytes=memory_bytes,
        vcpus=options.vcpus,
        machine=options.machine if options.template is None else None,
        disk=_absolute(options.disk),
        # By its name: to look inside an image is unsafe, a guest may have written the header.
        disk_format="qcow2" if str(options.disk).endswith(".qcow2") else None,
        kernel=_absolute(options.kernel),
        initrd=_absolute(options.initrd),
        cmdline=options.cmdline,
    )


def _absolute(path: str | None) -> str | None:
    """libvirtd has another working directory than the user."""
    return None if path is None else str(Path(path).absolute())


def _family(machine: str) -> str | None:
    """The template of a machine type: `pc-q35-7.2` is a q35, `pc-i440fx-7.2` a pc."""
    if machine == "q35" or machine.startswith("pc-q35"):
        return "q35"
    return "pc" if machine == "pc" or machine.startswith("pc-i440fx") else None


def _domain_template(options: DomainOptions) -> tuple[str, str | None]:
    """The document that the domain starts from, and where it is from if it is not our own."""
    if options.template is None:
        name = f"domain/{_family(options.machine)}.xml"
        return read_template(name), edited_template(name)
    try:
        return Path(options.template).read_text(encoding="utf-8"), options.template
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"template {options.template} cannot be read: {error}", "name a domain document"
        ) from None
