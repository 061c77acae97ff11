"""Which names the kernel and libvirt take; checked before anything is touched."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vnetmgr.problem import Place

USER_ALIAS_PREFIX = "ua-"
OWNED_PREFIX = "vnetmgr-"

# libvirt silently drops an alias with any other character (src/conf/domain_conf.c).
_NIC_NAME = r"[A-Za-z0-9_-]{1,64}"


def check_nic_name(text: str) -> str:
    """A nic's name becomes its libvirt user alias and QEMU's device id."""
    if not re.fullmatch(_NIC_NAME, text):
        raise ValueError(f"name {text!r}: 1 to 64 of the characters A-Z a-z 0-9 _ -")
    if text.startswith(OWNED_PREFIX):
        raise ValueError(f"name {text!r}: names that begin with {OWNED_PREFIX} are reserved")
    return text


def check_link_name(text: str, *, what: str) -> str:
    """A host link's name, by the kernel's rule (net/core/dev.c, dev_valid_name)."""
    if not text or len(text.encode()) > 15:
        raise ValueError(f"{what} {text!r}: a link's name has 1 to 15 bytes")
    if text in (".", "..") or any(c in "/:" or c.isspace() or not c.isprintable() for c in text):
        raise ValueError(f"{what} {text!r}: no '/', ':', space or control character in a name")
    return text


def check_object_name(text: str, *, what: str) -> str:
    """A domain's or network's name: libvirt refuses '/', line breaks and blanks alone."""
    if not text.strip() or "/" in text or not text.isprintable():
        raise ValueError(f"{what} {text!r}: a name is printable text without '/'")
    return text


HOST_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9])?"
NO_HOST_NAME = "none"  # a spec's word for nothing


def check_host_name(text: str) -> str:
    """A host's name, as DNS and Ansible's inventories have it: it stands in command lines, file
    names and headings."""
    if not re.fullmatch(HOST_NAME, text) or text == NO_HOST_NAME:
        raise ValueError(
            f"host {text!r}: a name is letters, digits, '.', '_' and '-', begins and ends with a "
            f"letter or digit, and is not {NO_HOST_NAME}"
        )
    return text


class HostRef(NamedTuple):
    """A host that a spec names, and where it does."""

    name: str
    origin: Place


def domain_id(text: str) -> int | None:
    """The id of a running domain that a word may be."""
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    return int(text) if is_number and (text[0] != "0" or text == "0") else None


def domain_uuid(text: str) -> str | None:
    """The UUID that a word may be, in libvirt's form: also without dashes, and in capitals."""
    if len(text) not in (32, 36):  # a pattern takes its time to be compiled
        return None
    low = text.lower()
    found = re.fullmatch(r"([0-9a-f]{8})(-?)" + r"([0-9a-f]{4})\2" * 3 + r"([0-9a-f]{12})", low)
    return "-".join(found.group(1, 3, 4, 5, 6)) if found else None


def is_pattern(text: str) -> bool:
    """Whether it may stand for several names, as a shell has it: `web*`, `db?`, `vm[12]`."""
    return any(sign in text for sign in "*?[")


def matching(pattern: str, names: Iterable[str]) -> list[str]:
    """The names that a pattern stands for."""
    from fnmatch import fnmatchcase

    as_python_has_it = pattern.replace("[^", "[!")  # shells take both
    return [name for name in names if fnmatchcase(name, as_python_has_it)]


def did_you_mean(text: str, known: Iterable[str]) -> str:
    """` Did you mean X?`, or nothing where no known word is near."""
    from difflib import get_close_matches

    near = get_close_matches(text, list(known), n=1, cutoff=0.6)
    return f" Did you mean {near[0]}?" if near else ""


def joined(names: Sequence[object], most: int = 8) -> str:
    """Names for a message, the first of many; `none` where there is none."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(str, names[:most])) + more or "none"
