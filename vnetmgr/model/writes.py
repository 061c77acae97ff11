"""Writes as values: what is done to libvirt or this machine, and nothing of how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from vnetmgr.model.host_forward import HostForward
    from vnetmgr.model.overlay.northbound import Overlay, PortChange
    from vnetmgr.model.overlay.southbound import SeenChassis
    from vnetmgr.model.overlay.tls import TlsFiles
    from vnetmgr.model.seen.rules import Passage, Rule
    from vnetmgr.model.state import State


class AttachDevice(Record):
    """Plug a device in.

    Writes of devices are of one state each. A call for both would write back, at its end, the
    config that libvirt read at its start: what `virsh edit` defines in between is lost (9.0).
    """

    domain: str
    xml: str
    state: State


class UpdateDevice(Record):
    """Change a device in place."""

    domain: str
    xml: str
    state: State
    raises: bool = False
    """Whether it brings up a running nic's link, which was taken down so that the guest notices: it
    stays down for a moment first."""


class DetachDevice(Record):
    """Take a device out. Live, it is done only when the guest has let go of it."""

    domain: str
    xml: str
    state: State
    label: str
    """How messages call the device."""


class DefineDomain(Record):
    """Write a domain's whole config, if it still is what was read (`expect`, a document)."""

    domain: str
    xml: str
    expect: str | None


class SetVectors(Record):
    """Set the MSI-X vectors of a device in the config's `<qemu:override>`; None: QEMU's own.

    libvirt has no call for it: the host reads the config, changes just that, and defines it.
    """

    domain: str
    alias: str
    vectors: int | None


class SetMetadata(Record):
    """Write vnetmgr's own element of a domain's metadata; None takes it away."""

    domain: str
    xml: str | None
    states: frozenset[State]


class SetHostForwards(Record):
    """Change what QEMU itself forwards to a running domain's nics in user mode; it taints it."""

    domain: str
    add: tuple[HostForward, ...] = ()
    remove: tuple[HostForward, ...] = ()
    unnamed: tuple[tuple[str, str], ...] = ()
    """(netdev, MAC) of nics that only libvirt has named, and names otherwise, perhaps, when they
    are plugged in anew."""


class UndefineDomain(Record):
    """Forget a domain's config."""

    domain: str


class StartDomain(Record):
    """Start a domain."""

    domain: str


class StopDomain(Record):
    """Stop a domain that this plan has started, and nothing else's."""

    domain: str


class DefineNetwork(Record):
    """Write a network's config, if it still is what was read (`expect`, a document).

    `expect` None: there must be no network of that name.
    """

    network: str
    xml: str
    expect: str | None = None


class UndefineNetwork(Record):
    """Forget a network's config."""

    network: str


class UpdateNetwork(Record):
    """Change one element of a network in place, by libvirt's network-update."""

    network: str
    command: Literal["add", "modify", "delete"]
    section: str
    """As virsh calls it: ip-dhcp-range, ip-dhcp-host, dns-host, dns-srv, dns-txt, portgroup,
    forward-interface."""
    xml: str
    states: frozenset[State]
    index: int = -1
    """Which of the network's `<ip>` elements; -1: libvirt finds it."""


class StartNetwork(Record):
    """Start a network from its config."""

    network: str


class CreateNetwork(Record):
    """Start a transient network from its document; libvirt forgets it when it stops."""

    network: str
    xml: str


class StopNetwork(Record):
    """Stop a network. Taps of running guests then have no bridge."""

    network: str


class FinishNetwork(Record):
    """Take the mark of one that is being made from a network's config."""

    network: str


class AutostartNetwork(Record):
    """Start a network with the host, or not."""

    network: str
    autostart: bool


class Tap(Record):
    """A running guest's nic that has to be a port of its bridge again: two live updates."""

    domain: str
    label: str
    """How messages call the nic: `lan (52:54:00:...)`."""
    away: str
    """The nic on the hop network."""
    back: str
    """The nic where it belongs."""


class ReplugTaps(Record):
    """Plug taps into their network's bridge again, without the guests noticing: a hop over a
    transient network, and back.

    Every tap is tried; a guest that has stopped meanwhile is no failure. Raises NotPluggedError
    that names the others.
    """

    network: str
    hop: str
    """The transient network's name; one of that name that a run left behind is used and removed."""
    hop_xml: str
    taps: tuple[Tap, ...]


class LinkFlap(Record):
    """A running guest's nic with its link down, and up again."""

    domain: str
    label: str
    down: str
    up: str


class FlapLinks(Record):
    """Take links down and up again, so that the guests ask for addresses anew."""

    network: str
    links: tuple[LinkFlap, ...]


class PlugPort(Record):
    """Make a link of this machine that libvirt does not know a port of a bridge again."""

    bridge: str
    port: str


class UnplugPort(Record):
    """Let a link of this machine no longer be a port of a bridge; nothing to do where it is none,
    or gone."""

    bridge: str
    port: str


class RemoveBridge(Record):
    """Remove what libvirtd left of a network when it was killed: the dnsmasq that serves it, and
    its bridge, which lets go of its ports. Nothing to do where they are gone, or another's."""

    network: str
    bridge: str
    mac: str | None
    """The bridge's; None: whatever it is."""


class PlugSwitchPort(Record):
    """Make a running nic's tap a port of its bridge of Open vSwitch again, on this machine."""

    bridge: str
    port: str
    mac: str
    vm_id: str
    interface_id: str
    vlan: tuple[int, ...] = ()


class SetRules(Record):
    """Make one domain's port forwards in this machine's kernel these, and no others of it."""

    uuid: str
    """The domain's; of none: what belongs to nobody goes, and what all need is made whole."""
    rules: tuple[Rule, ...] = ()
    passages: tuple[Passage, ...] = ()
    """Of the bridges that the rules lead to."""
    shut: tuple[str, ...] = ()
    """Bridges that the kernel sends 127.0.0.0/8 to: no longer, where no rule needs that."""
    restores: str | None = None
    """The domain, where this puts back what a network's start took: it is read back at once, as
    planning again does not find what the network's own step has lost."""


class SetOverlay(Record):
    """Make a logical switch of OVN, with its DHCP, DNS and router: one transaction. None: there is
    none, or is to be none.

    What differs between the two is written, if that still is what was read; another host that has
    come or gone meanwhile is in the way of a switch's end alone. A switch that was to be made, and
    that another host has made meanwhile with the same in it, gets this host besides."""

    name: str
    before: Overlay | None
    after: Overlay | None


class SetPorts(Record):
    """Make logical ports of OVN, move them or take them away, if each still is what was read: one
    transaction. The addresses of those that are new must be nobody else's on their switch."""

    changes: tuple[PortChange, ...]


class SetChassis(Record):
    """Say in this machine's Open vSwitch what it is to OVN: one transaction."""

    ids: tuple[tuple[str, str | None], ...]
    """external_ids; None: it goes. All others stay."""
    bridge: str
    """The integration bridge."""
    there: bool | None = None
    """Whether that is to be; None: as it is."""
    datapath_type: str | None = None
    """None: as it is."""
    fail_mode: str | None = None
    """The same; empty: Open vSwitch's own."""
    tls: tuple[str, ...] | None = None
    """The files of its key, its certificate and the database's CA; none: there are none. None: as
    they are."""
    unplug: tuple[str, ...] = ()
    """Ports of bridges that ovn-controller has made, and makes again when it is told to."""


class RemoveChassis(Record):
    """Take a chassis out of OVN's southbound database, if it still is what was read: one
    transaction. Whoever is told to be it, makes it again: that has to be taken away before."""

    at: str
    seen: SeenChassis
    tls: TlsFiles | None = None
    settles: bool = False
    """Whether this is the last time: ovn-controller, which may have made it once more before it has
    heard, is waited for, and what is left is told of."""


class KeepChassisName(Record):
    """Have Open vSwitch's start set this name, and no other; None: there is no such file."""

    name: str | None


HostWrite: TypeAlias = (
    AttachDevice
    | UpdateDevice
    | DetachDevice
    | DefineDomain
    | SetVectors
    | SetMetadata
    | SetHostForwards
    | UndefineDomain
    | StartDomain
    | StopDomain
    | DefineNetwork
    | UndefineNetwork
    | UpdateNetwork
    | StartNetwork
    | CreateNetwork
    | StopNetwork
    | FinishNetwork
    | AutostartNetwork
    | ReplugTaps
    | FlapLinks
)
"""What libvirt does."""

LocalWrite: TypeAlias = (
    PlugPort
    | UnplugPort
    | RemoveBridge
    | SetRules
    | PlugSwitchPort
    | SetChassis
    | RemoveChassis
    | KeepChassisName
)
"""What this machine does."""

NorthboundWrite: TypeAlias = SetOverlay | SetPorts
"""What is done to OVN's northbound database."""

Write: TypeAlias = HostWrite | LocalWrite | NorthboundWrite
"""What libvirt or this machine does, or OVN."""
