"""From options' values to what is wanted. No networking decisions: those are the planner's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import UsageError, concerning, usage_problems
from vnetmgr.local.templates import edited_template, read_template, refuse_other
from vnetmgr.model.desired import ALLOWANCES, Desired, NicWant, Policy
from vnetmgr.model.intent import Intent
from vnetmgr.model.names import did_you_mean
from vnetmgr.model.nic import Mode
from vnetmgr.model.options.nic_patch import build_patch
from vnetmgr.model.options.nics import CLEAR, DEFAULT_NETWORK, NIC_OPTIONS
from vnetmgr.model.options.parsers import parse_boolean
from vnetmgr.model.patch import UNSET
from vnetmgr.model.record import replace
from vnetmgr.model.show import show
from vnetmgr.model.state import State
from vnetmgr.problem import About, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vnetmgr.model.network_want import NetworkWant
    from vnetmgr.model.nic import NicPatch
    from vnetmgr.problem import Kind

_NO_STATES: frozenset[State] = frozenset()
_BOTH = tuple(State)


def texts(options: Mapping[str, object], clearable: Iterable[str]) -> dict[str, str | list[str]]:
    """Options' values as they are written. None clears one that is `clearable`, and others are as
    if they were left out."""
    known = frozenset(clearable)
    written: dict[str, str | list[str]] = {}
    for key, value in options.items():
        text = _text(value)
        if text:
            written[key] = text
        elif value is None or text == []:
            written |= {key: CLEAR} if key in known else {}
        else:
            written[key] = ""  # which its reader refuses
    return written


def nic_texts(options: Mapping[str, object]) -> dict[str, str | list[str]]:
    """A nic's, of which sources are not cleared."""
    return texts(options, (key for key, known in NIC_OPTIONS.items() if known.clearable))


def _text(value: object) -> str | list[str]:
    from collections.abc import Mapping, Sequence

    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return [f"{key}={show(each) or CLEAR}" for key, each in value.items()]
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [show(each) or "" for each in value]
    return show(value) or ""


def word(value: object, kind: Kind) -> str:
    """What a domain, nic or network is called, as text: a name, or what prints as one, such as a
    UUID. Raises UsageError for what names nothing: a nic without a name has None, and a shell's
    variable that is not set is empty; neither is gone, or as it should be."""
    from collections.abc import Sized

    if isinstance(value, str) and value:
        return value
    if value is None or isinstance(value, bool | Sized):
        which = "a nic without a name has its MAC" if kind == "nic" else f"say which {kind}"
        hint = f"{which}; a variable that is not set is empty"
        raise UsageError(f"{kind}: {value!r} is no name", hint, about=About(kind))
    return str(value)


def domain_and_nic(target: object) -> tuple[str, str | None]:
    """DOMAIN, or DOMAIN/NIC, also by its MAC: no domain's name has a slash. Raises UsageError."""
    domain, slash, nic = word(target, "domain").partition("/")
    if not domain or (slash and not nic):
        raise UsageError(f"{target!r} names no domain, and no nic of one", "web1, or web1/lan")
    return domain, nic or None


def words(values: Iterable[object], kind: Kind) -> tuple[str, ...]:
    """The same of each of several."""
    return tuple(word(each, kind) for each in values)


def listed(given: str | Sequence[str]) -> Sequence[str]:
    """Several texts, or one alone."""
    return [given] if isinstance(given, str) else given


def read_states(*, config: bool, live: bool) -> frozenset[State]:
    """The states named; none named means the default, both named means both."""
    return frozenset(state for state, named in zip(_BOTH, (config, live), strict=True) if named)


def read_policy(words: str | Iterable[str]) -> Policy:
    """How far a plan may go. Raises UsageError for words that are not known."""
    listed = [words] if isinstance(words, str) else words
    given = [word.strip() for text in listed for word in text.split(",") if word.strip()]
    # link-flap is allowed anyway; it is accepted, since plans call the disruption so.
    wrong = [word for word in given if word not in (*ALLOWANCES, "link-flap")]
    if wrong:
        about = About("command", field="allow")
        guesses = {word: did_you_mean(word, ALLOWANCES) for word in wrong}
        problems = [
            Problem(about, f"--allow {word} is not known.{guess}")
            for word, guess in guesses.items()
        ]
        raise usage_problems(problems, f"--allow takes {', '.join(ALLOWANCES)}")
    return Policy(allow=frozenset(given))


def refuse_empty(given: object, what: str) -> None:
    """Refuse a change that changes nothing. `what` is nic or network."""
    if not given:
        raise UsageError(
            f"nothing to change: no option of the {what} was given",
            f"{Command(f'update-{what}', '--help')} shows them",
        )


def nic_desired(
    domain: str,
    values: Mapping[str, str | Sequence[str]],
    *,
    intent: Intent,
    nic: str | None = None,
    states: frozenset[State] = _NO_STATES,
) -> Desired:
    """One nic of one domain, with the network that --nat stands for."""
    domain = word(domain, "domain")
    if intent is not Intent.CREATE:
        nic = word(nic, "nic")
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
            f"attach the nic, then: {Command('add-forward', nic.domain, texts[0])}",
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
    if not any(parse_boolean(str(values.get("nat", "no"))) for values in each_values):
        return ()
    from vnetmgr.model.network import NetworkMode
    from vnetmgr.model.network_want import NetworkPatch, NetworkWant

    patch = NetworkPatch(mode=NetworkMode.NAT)
    return (NetworkWant(name=DEFAULT_NETWORK, intent=Intent.CREATE, patch=patch),)
