"""join-overlay and leave-overlay: make a host one that OVN reaches, or none."""

from __future__ import annotations

from typing import Annotated

import typer

from vnetmgr.cli.change import Changing
from vnetmgr.cli.option import seconds
from vnetmgr.cli.options import How

_WAIT_S = 10.0
Southbound = Annotated[
    str | None,
    typer.Option(
        "--southbound",
        metavar="REMOTE",
        help="OVN's southbound database: tcp:HOST:PORT, ssl:HOST:PORT or unix:FILE, those of a "
        "cluster with commas; else as it is, else OVN_SB_DB, else this machine's own.",
    ),
]
EncapIp = Annotated[
    str | None,
    typer.Option(
        "--encap-ip",
        metavar="ADDRESS",
        help="This host's, which the others send to; else as it is, else by which it reaches the "
        "database.",
    ),
]
EncapType = Annotated[
    str | None,
    typer.Option("--encap-type", metavar="LIST", help="geneve, vxlan or stt; geneve if not set."),
]
SystemId = Annotated[
    str | None,
    typer.Option(
        "--system-id", metavar="NAME", help="Its name in OVN; else as it is, else the host's own."
    ),
]
Datapath = Annotated[
    str | None,
    typer.Option(
        "--datapath",
        metavar="userspace|kernel",
        help="Who switches packets; else as it is, else the kernel where it can.",
    ),
]
Mappings = Annotated[
    list[str] | None,
    typer.Option(
        "--bridge-mapping",
        metavar="NAME:BRIDGE",
        help="A physical network, and the bridge that leads to it; NAME:none takes one away; "
        "repeatable.",
    ),
]
PrivateKey = Annotated[
    str | None,
    typer.Option("--private-key", metavar="FILE", help="This host's key, for ssl:."),
]
Certificate = Annotated[
    str | None, typer.Option("--certificate", metavar="FILE", help="This host's certificate.")
]
CaCert = Annotated[
    str | None,
    typer.Option(
        "--ca-cert", metavar="FILE", help="Who has to have signed the database's certificate."
    ),
]
Wait = Annotated[
    float,
    typer.Option(
        "--wait",
        metavar="TIME",
        parser=seconds,
        help="Wait so long for OVN to have the host as it is wanted; 0: do not look.",
    ),
]

Force = Annotated[
    bool,
    typer.Option("--force", help="Go on although guests are cut off, or overlays lose their way."),
]


def join_overlay(
    *,
    southbound: Southbound = None,
    encap_ip: EncapIp = None,
    encap_type: EncapType = None,
    system_id: SystemId = None,
    datapath: Datapath = None,
    bridge_mapping: Mappings = None,
    private_key: PrivateKey = None,
    certificate: Certificate = None,
    ca_cert: CaCert = None,
    wait: Wait = _WAIT_S,
    joining: How,
) -> None:
    """Make this host one that OVN reaches, so that it can have networks that span hosts.

    It is said in Open vSwitch's own database, where ovn-controller reads it; what others have set
    there stays. Run again it changes nothing, and tells whether OVN has the host.

    Example: vnetmgr join-overlay --southbound tcp:10.0.0.1:6642 --encap-ip 10.0.0.2
    """
    Changing(joining).join_overlay(
        southbound=southbound,
        encap_ip=encap_ip,
        encap_type=encap_type,
        system_id=system_id,
        datapath=datapath,
        bridge_mapping=bridge_mapping or (),
        private_key=private_key,
        certificate=certificate,
        ca_cert=ca_cert,
        wait=wait,
    )


def leave_overlay(*, force: Force = False, joining: How) -> None:
    """Take this host out of OVN; refused while guests need it there.

    What join-overlay has written goes, and OVN forgets the host: its southbound database is asked.
    Its name, its bridge mappings and how it switches packets stay for when it joins again, and so
    does what others have set. No nic is unplugged.

    Example: vnetmgr leave-overlay --dry-run
    """
    Changing(joining).leave_overlay(force=force)
