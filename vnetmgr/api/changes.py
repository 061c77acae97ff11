"""Every change that a command makes, as a method with the command's options as keywords.

Who derives from it says what becomes of a change: it is made (Host), planned (Host.dry_run), or
made and printed (the command line).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from vnetmgr.api.wants import (
    nic_desired,
    nic_texts,
    read_policy,
    read_states,
    refuse_empty,
    word,
)
from vnetmgr.model.desired import Desired, Policy
from vnetmgr.model.intent import Intent
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import timedelta
    from os import PathLike
    from typing import Unpack

    from vnetmgr.api.options import (
        Address,
        ChassisOptions,
        NetworkOptions,
        NicOptions,
        RecordOptions,
    )
    from vnetmgr.model.values import Mac

R = TypeVar("R")
_NONE = Policy()


class Changes(Generic[R]):
    """`config`, `live`: only that state of the domain or network; else its config and, where it
    runs, that too. `allow`: the disruptions that are allowed: replug, restart, taint,
    force-model. `if_exists`: what is gone already is no error."""

    def _carry_out(self, desired: Desired, policy: Policy = _NONE, *, wait: float = 0.0) -> R:
        raise NotImplementedError

    def _take_away(self, desired: Desired, policy: Policy = _NONE, *, if_exists: bool) -> R:
        return self._carry_out(replace(desired, if_exists=if_exists), policy)

    # Nics

    def attach_nic(
        self,
        domain: str,
        *,
        forward: str | Sequence[str] = (),
        wait: float = 0.0,
        config: bool = False,
        live: bool = False,
        allow: str | Iterable[str] = (),
        **options: Unpack[NicOptions],
    ) -> R:
        """Give a domain a nic, on the one source that the options name.

        Without a `name` it is idempotent: a nic on that source that is as asked is left alone.
        `wait`: seconds to wait for the guest to use it. `forward`: with user mode, ports of the
        host.
        """
        states = read_states(config=config, live=live)
        texts = nic_texts(options)
        desired = nic_desired(domain, texts, intent=Intent.CREATE, states=states)
        if forward:
            from vnetmgr.api.wants import listed, with_user_forwards

            desired = with_user_forwards(desired, listed(forward))
        return self._carry_out(desired, read_policy(allow), wait=wait)

    def update_nic(
        self,
        domain: str,
        nic: str,
        *,
        wait: float = 0.0,
        config: bool = False,
        live: bool = False,
        allow: str | Iterable[str] = (),
        **options: Unpack[NicOptions],
    ) -> R:
        """Change a nic (by its name, MAC, target or PCI address); None clears a setting.

        What needs a re-plug waits for the domain's next start, unless that is allowed.
        """
        texts = nic_texts(options)
        refuse_empty(texts, "nic")
        states = read_states(config=config, live=live)
        desired = nic_desired(domain, texts, intent=Intent.UPDATE, nic=nic, states=states)
        return self._carry_out(desired, read_policy(allow), wait=wait)

    def detach_nic(
        self,
        domain: str,
        nic: str,
        *,
        if_exists: bool = False,
        config: bool = False,
        live: bool = False,
    ) -> R:
        """Take a nic out of a domain, and wait until the guest has let go of it."""
        states = read_states(config=config, live=live)
        desired = nic_desired(domain, {}, intent=Intent.REMOVE, nic=nic, states=states)
        return self._take_away(desired, if_exists=if_exists)

    # Domains

    def add_slots(self, domain: str, count: int, *, model: str = "virtio") -> R:
        """Add spare hot-plug slots to a domain's config; they are there from its next start."""
        from vnetmgr.api.domain_wants import slots_desired

        return self._carry_out(slots_desired(domain, count, model))

    def create_domain(
        self,
        name: str,
        *,
        memory: str = "1GiB",
        vcpus: int = 2,
        disk: str | PathLike[str] | None = None,
        kernel: str | PathLike[str] | None = None,
        initrd: str | PathLike[str] | None = None,
        cmdline: str | None = None,
        machine: str = "q35",
        template: str | PathLike[str] | None = None,
        nics: Sequence[NicOptions | str] = (),
        start: bool = False,
        allow: str | Iterable[str] = (),
    ) -> R:
        """Make a small domain with nics, from a template."""
        from vnetmgr.api.domain_wants import DomainOptions, domain_desired

        options = DomainOptions(
            name=word(name, "domain"),
            memory=memory,
            vcpus=vcpus,
            disk=disk,
            kernel=kernel,
            initrd=initrd,
            cmdline=cmdline,
            machine=machine,
            template=template,
            nics=tuple(nics),
            start=start,
        )
        return self._carry_out(domain_desired(options), read_policy(allow))

    # Networks

    def create_network(
        self,
        name: str,
        *,
        autostart: bool | None = None,
        start: bool = True,
        template: str | PathLike[str] | None = None,
        **options: Unpack[NetworkOptions],
    ) -> R:
        """Make a virtual network and start it, now and with the host."""
        from vnetmgr.api.network_wants import network_creation, network_texts

        texts = network_texts(options)
        return self._carry_out(
            network_creation(name, texts, autostart=autostart, start=start, template=template)
        )

    def update_network(
        self,
        name: str,
        *,
        remove_portgroup: str | Sequence[str] = (),
        autostart: bool | None = None,
        renew: bool = False,
        config: bool = False,
        live: bool = False,
        allow: str | Iterable[str] = (),
        **options: Unpack[NetworkOptions],
    ) -> R:
        """Change a network while guests use it; None clears a setting.

        `renew`: flap the guests' links, so that they ask for addresses.
        """
        from vnetmgr.api.network_wants import network_texts, network_update
        from vnetmgr.api.wants import listed

        desired = network_update(
            name,
            network_texts(options),
            removed_portgroups=listed(remove_portgroup),
            autostart=autostart,
            renew=renew,
            states=read_states(config=config, live=live),
        )
        return self._carry_out(desired, read_policy(allow))

    def delete_network(self, name: str, *, force: bool = False, if_exists: bool = False) -> R:
        """Stop a network and forget it; refused while running guests use it, unless `force`."""
        from vnetmgr.api.network_wants import network_run

        desired = network_run(name, intent=Intent.REMOVE, running=False, force=force)
        return self._take_away(desired, if_exists=if_exists)

    def start_network(self, name: str) -> R:
        """Start a network, and plug every running guest that has lost its bridge in again."""
        from vnetmgr.api.network_wants import network_run

        return self._carry_out(network_run(name))

    def stop_network(self, name: str, *, force: bool = False) -> R:
        """Stop a network; refused while running guests use it, unless `force`."""
        from vnetmgr.api.network_wants import network_run

        return self._carry_out(network_run(name, running=False, force=force))

    def restart_network(self, name: str, *, renew: bool = False) -> R:
        """Restart a network in one step, and plug every running guest in again."""
        from vnetmgr.api.network_wants import network_run

        return self._carry_out(network_run(name, restart=True, renew=renew))

    # DHCP and DNS of networks

    def reserve_address(
        self,
        network: str,
        client: str | Mac | None = None,
        address: Address | None = None,
        *,
        duid: str | None = None,
        hostname: str | None = None,
        config: bool = False,
        live: bool = False,
    ) -> R:
        """Keep an address for a client: DOMAIN[/NIC], a MAC, a DUID or a host name; without an
        address the one that it has now."""
        from vnetmgr.api.network_wants import address_desired

        desired = address_desired(
            network,
            None if client is None else str(client),
            None if address is None else str(address),
            intent=Intent.CREATE,
            duid=duid,
            hostname=hostname,
            states=read_states(config=config, live=live),
        )
        return self._carry_out(desired)

    def release_address(
        self,
        network: str,
        client: str | Mac | None = None,
        address: Address | None = None,
        *,
        duid: str | None = None,
        hostname: str | None = None,
        if_exists: bool = False,
        config: bool = False,
        live: bool = False,
    ) -> R:
        """Take a reservation back, or all of a client's; the guest keeps its lease until that runs
        out."""
        from vnetmgr.api.network_wants import address_desired

        desired = address_desired(
            network,
            None if client is None else str(client),
            None if address is None else str(address),
            intent=Intent.REMOVE,
            duid=duid,
            hostname=hostname,
            states=read_states(config=config, live=live),
        )
        return self._take_away(desired, if_exists=if_exists)

    def add_dns_record(
        self,
        network: str,
        *,
        config: bool = False,
        live: bool = False,
        allow: str | Iterable[str] = (),
        **options: Unpack[RecordOptions],
    ) -> R:
        """Let a network's DNS answer a name: host, srv, txt, cname, or wildcard."""
        from vnetmgr.api.network_wants import record_desired, record_texts

        texts, states = record_texts(options), read_states(config=config, live=live)
        desired = record_desired(network, texts, intent=Intent.CREATE, states=states)
        return self._carry_out(desired, read_policy(allow))

    def remove_dns_record(
        self,
        network: str,
        *,
        if_exists: bool = False,
        config: bool = False,
        live: bool = False,
        allow: str | Iterable[str] = (),
        **options: Unpack[RecordOptions],
    ) -> R:
        """Take a DNS record of a network away."""
        from vnetmgr.api.network_wants import record_desired, record_texts

        texts, states = record_texts(options), read_states(config=config, live=live)
        desired = record_desired(network, texts, intent=Intent.REMOVE, states=states)
        return self._take_away(desired, read_policy(allow), if_exists=if_exists)

    # Networks that span hosts

    def join_overlay(
        self,
        *,
        bridge_mapping: str | Sequence[str] = (),
        wait: float = 10.0,
        **options: Unpack[ChassisOptions],
    ) -> R:
        """Make this machine one that OVN reaches. What is left out stays as it is, or is chosen.

        `bridge_mapping`: NAME:BRIDGE of physical networks, NAME:none for one that goes. `wait`:
        seconds to wait for OVN to have it so; 0: nobody looks.
        """
        from vnetmgr.api.chassis_wants import chassis_desired

        return self._carry_out(chassis_desired(options, bridge_mapping), wait=wait)

    def leave_overlay(self, *, force: bool = False) -> R:
        """Take this machine out of OVN; refused while guests need it there, unless `force`."""
        from vnetmgr.api.chassis_wants import chassis_removal

        return self._carry_out(chassis_removal(force=force))

    # Port forwards

    def add_forward(
        self,
        domain: str,
        forward: str,
        *,
        nic: str | None = None,
        allow_from: str | Sequence[str] = (),
        guest_address: Address | Sequence[Address] = (),
        loopback: bool = False,
        allow: str | Iterable[str] = (),
    ) -> R:
        """Let a port of this host lead to one of a guest: [LISTEN:]HOST_PORT:GUEST_PORT[/udp]."""
        from vnetmgr.api.forward_wants import forward_desired

        given: dict[str, object] = {"allow_from": allow_from, "guest_address": guest_address}
        given |= {"nic": nic, "loopback": True if loopback else None}
        return self._carry_out(forward_desired(domain, forward, given), read_policy(allow))

    def remove_forward(
        self,
        domain: str | None = None,
        forward: str | None = None,
        *,
        unowned: str | None = None,
        if_exists: bool = False,
        allow: str | Iterable[str] = (),
    ) -> R:
        """Take a domain's forward away; or, with `unowned`, a rule that is of no domain."""
        from vnetmgr.api.forward_wants import forward_removal

        desired = forward_removal(domain, forward, unowned)
        return self._take_away(desired, read_policy(allow), if_exists=if_exists)

    # Holds and migrations

    def hold(self, target: str, duration: str | float | timedelta, *, reason: str = "") -> R:
        """Keep specs from a domain, or one of its nics (DOMAIN/NIC), for a while: `2h`, a number
        of seconds or a timedelta."""
        from vnetmgr.api.hold_wants import hold_desired

        return self._carry_out(hold_desired(target, duration, reason))

    def release(self, target: str, *, if_exists: bool = False) -> R:
        """Take a hold away before it runs out."""
        from vnetmgr.api.hold_wants import release_desired

        return self._take_away(release_desired(target), if_exists=if_exists)

    def prepare_migration(
        self, domain: str, to_host: str | None = None, *, cancel: bool = False
    ) -> R:
        """Tell OVN where a running guest goes, by that host's system-id or name; or nowhere."""
        from vnetmgr.api.migration_wants import migration_desired

        return self._carry_out(migration_desired(domain, to_host, cancel=cancel))
