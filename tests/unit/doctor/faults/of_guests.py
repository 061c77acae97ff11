"""Faults of a domain, its nic and its guest."""

from __future__ import annotations

from ipaddress import ip_address

from tests.unit.doctor.faults.fault import (
    LAN,
    NAT,
    Fault,
    down,
    shut_off_nic,
    silenced,
    taken,
)
from tests.unit.doctor.hosts import (
    MAC,
    OTHER_MAC,
    chained,
    user_host,
    with_agent,
    with_count,
    with_domain,
    with_nic,
)
from vnetmgr.model.path.domains import DomainState, GuestAddress, GuestLink
from vnetmgr.model.path.finding import Status
from vnetmgr.model.record import replace

FAULTS: dict[str, Fault] = {
    # The domain and its nic.
    "paused": Fault(
        LAN,
        lambda facts: with_domain(facts, state=DomainState.PAUSED, reason="I/O error"),
        "domain-not-running",
        "whoever",
        "virsh resume web1",
    ),
    "crashed, whatever else is wrong": Fault(
        NAT,
        chained(lambda facts: with_domain(facts, state=DomainState.CRASHED), down("virbr0")),
        "domain-not-running",
        "whoever",
        "virsh reset web1",
    ),
    "link down in the domain": Fault(
        LAN,
        lambda facts: with_nic(facts, link="down"),
        "link-down",
        "domain web1",
        "vnetmgr update-nic web1 lan --link up",
        fixable=True,
    ),
    "nic in the config alone": Fault(
        LAN,
        lambda facts: shut_off_nic(facts),
        "nic-in-config-only",
        "domain web1",
        "virsh shutdown web1",
        status=Status.WARNING,
    ),
    "a MAC that waits for the next start": Fault(
        LAN,
        lambda facts: with_nic(facts, config=False, mac=OTHER_MAC),
        "nic-pending",
        "domain web1",
        None,
        status=Status.WARNING,
    ),
    # The guest, by its agent.
    "no driver in the guest": Fault(
        LAN,
        lambda facts: with_agent(with_count(facts, 0), GuestLink(name="lo", mac=None)),
        "guest-no-driver",
        "the guest of domain web1",
        "modprobe virtio_net  # in the guest",
    ),
    "link down in the guest from its start on": Fault(
        LAN,
        lambda facts: with_agent(with_count(facts, 0), GuestLink(name="eth0", mac=MAC)),
        "guest-link-down",
        "the guest of domain web1",
        "ip link set eth0 up  # in the guest",
    ),
    "link down in a guest that had an address": Fault(
        NAT,
        lambda facts: silenced(facts),
        "guest-link-down",
        "the guest of domain web1",
        "ip link set eth0 up  # in the guest",
    ),
    "link down in a guest that has sent something": Fault(
        LAN,
        lambda facts: with_agent(
            facts,
            GuestLink(
                name="lo",
                mac=None,
                addresses=(GuestAddress(address=ip_address("::1"), prefix=128),),
            ),
            GuestLink(name="eth0", mac=MAC),
        ),
        "guest-no-address",
        "the guest of domain web1",
        "ip link set eth0 up  # in the guest",
    ),
    "a guest that gave up on DHCP": Fault(
        LAN,
        lambda facts: with_agent(
            facts,
            GuestLink(
                name="eth0",
                mac=MAC,
                addresses=(
                    GuestAddress(address=ip_address("169.254.7.8"), prefix=16),
                    GuestAddress(address=ip_address("fe80::1"), prefix=64),
                ),
            ),
        ),
        "guest-no-address",
        "the guest of domain web1",
        "dhclient eth0  # in the guest",
        status=Status.WARNING,
    ),
    # User mode.
    "user-mode forward whose port is taken": Fault(
        user_host,
        taken,
        "user-forward-port-taken",
        "nginx",
        "vnetmgr remove-forward web1 8080/tcp  # then add it with another port of the host",
    ),
    "user-mode forward that a start has lost": Fault(
        user_host,
        lambda facts: replace(taken(facts), listeners=()),
        "user-forward-lost",
        "domain web1",
        "vnetmgr add-forward web1 8080:80/tcp --allow taint",
    ),
}
