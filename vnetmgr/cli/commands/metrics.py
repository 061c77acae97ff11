"""metrics."""

from __future__ import annotations

import signal
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from vnetmgr.cli.option import read_time
from vnetmgr.cli.options import How
from vnetmgr.command import Command
from vnetmgr.errors import ExitCode, UsageError
from vnetmgr.render import console
from vnetmgr.runtime import interrupts

if TYPE_CHECKING:
    from vnetmgr.metrics.addresses import Address


_DOCTOR = "--doctor-interval"


def metrics(
    *,
    listen: Annotated[
        list[str] | None,
        typer.Option(
            "--listen",
            metavar="[ADDRESS:]PORT",
            help="Serve them at /metrics, on 127.0.0.1 or an address of your choice; repeatable.",
        ),
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="Allow an address that other machines reach.")
    ] = False,
    doctor_interval: Annotated[
        str | None,
        typer.Option(
            _DOCTOR,
            metavar="TIME",
            help="With --listen: have doctor look at everything this often, and tell its findings.",
        ),
    ] = None,
    telling: How,
) -> None:
    """Print what Prometheus wants to know of this host's networking, or serve it until told to end.

    Traffic, links and troubles of running nics, networks, bridges, DHCP pools, port forwards, the
    last reconcile. What a nic receives and transmits is so for its guest. The connection to libvirt
    is read-only; while there is none, an endpoint says vnetmgr_libvirt_up 0. Of several hosts they
    are printed together, each with its host as the label managed_host.

    Example: vnetmgr metrics --listen 9477
    """
    from vnetmgr.metrics.addresses import read_address

    for flag, given in (("--public", public), (_DOCTOR, doctor_interval)):
        if given and not listen:
            hint = str(Command("metrics", "--listen", "9477"))
            raise UsageError(f"{flag} goes with --listen", hint)
    if listen and telling.form.for_programs:
        raise UsageError("--listen serves Prometheus' text, and no documents", "leave --output out")
    if not listen:
        _print(telling)
        return
    interval_s = None if doctor_interval is None else read_time(doctor_interval, _DOCTOR)
    _serve([read_address(text, public=public) for text in listen], telling, interval_s)


def _print(how: How) -> None:
    with how.open(readonly=True) as host:
        found = host.metrics()
    if how.form.for_programs:
        from vnetmgr.render.documents.metrics import METRICS

        console.out_data(METRICS.whole(found))
        return
    from vnetmgr.metrics.exposition import exposition

    console.out_utf8(exposition(found).decode().rstrip("\n"))


def _serve(addresses: list[Address], how: How, doctor_interval_s: int | None) -> None:
    from vnetmgr.metrics.endpoint import Endpoint

    open_host = partial(how.host, readonly=True)
    rounds = None
    if doctor_interval_s is not None:
        from vnetmgr.metrics.rounds import Rounds

        rounds = Rounds(open_host, interval_s=doctor_interval_s)
    endpoint = Endpoint(open_host, note=console.told, complain=console.complain, rounds=rounds)
    try:
        endpoint.serve(addresses)
    except KeyboardInterrupt:
        if interrupts.seen() != signal.SIGTERM:
            raise typer.Exit(ExitCode.INTERRUPTED) from None
