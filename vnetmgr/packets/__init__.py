"""What the loaded rules of a host do with a packet: nftables and iptables, of every family. Pure.

    rules = rules_of(facts)     # of a snapshot (model.path.facts); or Rules(objects, ...)
    outcome = rules.bridged(Packet(source=..., target=..., protocol="tcp", target_port=443, ...))
    outcome.verdict, outcome.decided_by, outcome.decided_by.owner

`usual` makes the packets that everybody needs: DHCP, ARP, ping, DNS. What cannot be evaluated is
named and gone both ways; the verdict is unknown only where it makes a difference.
"""

from vnetmgr.packets.evaluate import BridgeCalls, Rules
from vnetmgr.packets.of_facts import rules_of
from vnetmgr.packets.packet import Hop, Outcome, Packet, Verdict
from vnetmgr.packets.surroundings import Surroundings

__all__ = [
    "BridgeCalls",
    "Hop",
    "Outcome",
    "Packet",
    "Rules",
    "Surroundings",
    "Verdict",
    "rules_of",
]
