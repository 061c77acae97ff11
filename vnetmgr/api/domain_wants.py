"""From create-domain's options to what is wanted."""

from __future__ import annotations

from os import fspath
from pathlib import Path
from typing import TYPE_CHECKING

from vnetmgr.api.wants import networks_for, nic_texts, nic_want, word
from vnetmgr.errors import UsageError, VnetError, usage_problems
from vnetmgr.local.templates import edited_template, read_template, refuse_other
from vnetmgr.model.desired import Desired, DomainFields, DomainWant, SlotsWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.names import check_object_name
from vnetmgr.model.options.nic_patch import parse_pairs
from vnetmgr.model.record import Record
from vnetmgr.model.values import parse_size
from vnetmgr.problem import About, Problem, every_option

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike


class DomainOptions(Record):
    """The options of create-domain, as text; of a nic, also its options by name."""

    name: str
    memory: str
    vcpus: int
    disk: str | PathLike[str] | None
    kernel: str | PathLike[str] | None
    initrd: str | PathLike[str] | None
    cmdline: str | None
    machine: str
    template: str | PathLike[str] | None
    nics: tuple[str | Mapping[str, object], ...]
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
    if options.vcpus < 1:
        problems.append(Problem(about, f"--vcpus {options.vcpus}: a domain has one at least"))
    pairs = []
    wants = []
    for given in options.nics:
        try:
            values = parse_pairs(given) if isinstance(given, str) else nic_texts(given)
            wants.append(nic_want(options.name, values, intent=Intent.CREATE))
            pairs.append(values)
        except VnetError as error:
            whose = error.about or About("nic", domain=options.name)
            problems += [
                Problem(each.about or whose, f"--nic {given}: {each}", each.hint or error.hint)
                for each in error.problems
            ]
    if options.template is None and _family(options.machine) is None:
        text = f"--machine {options.machine}: templates are for q35 and pc"
        problems.append(Problem(about, text))
    if problems:
        raise usage_problems(problems, every_option("create-domain"))
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


def _absolute(path: str | PathLike[str] | None) -> str | None:
    """libvirtd has another working directory than the user."""
    if path is not None and not fspath(path):
        raise UsageError("a file for a domain has no name", "name another file")
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
        return Path(options.template).read_text(encoding="utf-8"), str(options.template)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"template {options.template} cannot be read: {error}", "name a domain document"
        ) from None


def slots_desired(domain: str, count: int, model: str) -> Desired:
    """Spare hot-plug slots. Raises UsageError for none, or more than a domain may have."""
    if not 1 <= count <= 64:
        about = About("command", field="count")
        raise UsageError(f"{count} slots: it takes 1 to 64", about=about)
    domain = word(domain, "domain")
    return Desired(slots=(SlotsWant(domain=domain, count=count, model=model),))
