"""What other programs' commands are called here: mostly virsh's, as docs/guides/from-virsh.md has
them."""

from __future__ import annotations

HERE = {
    "attach-device": "attach-nic",
    "attach-interface": "attach-nic",
    "detach-device": "detach-nic",
    "detach-interface": "detach-nic",
    "domif-getlink": "list-nics",
    "domif-setlink": "update-nic",
    "domifaddr": "list-nics",
    "domiflist": "list-nics",
    "domifstat": "metrics",
    "domiftune": "update-nic",
    "domxml-from-native": "import-qemu",
    "domxml-to-native": "show-qemu-args",
    "dumpxml": "export",
    "iface-dumpxml": "topology",
    "iface-list": "topology",
    "list": "list-domains",
    "net-autostart": "update-network",
    "net-define": "create-network",
    "net-destroy": "stop-network",
    "net-dhcp-leases": "list-leases",
    "net-dumpxml": "show-network",
    "net-edit": "update-network",
    "net-info": "show-network",
    "net-list": "list-networks",
    "net-port-list": "show-network",
    "net-start": "start-network",
    "net-undefine": "delete-network",
    "net-update": "update-network",
    "nodedev-detach": "list-host-devices",
    "nodedev-list": "list-host-devices",
    "update-device": "update-nic",
    "version": "--version",
    # What people try: other verbs than those here.
    "add-network": "create-network",
    "add-nic": "attach-nic",
    "create-nic": "attach-nic",
    "delete-nic": "detach-nic",
    "list-reservations": "list-leases",
    "ls": "list-nics",
    "remove-network": "delete-network",
    "remove-nic": "detach-nic",
    "show-nic": "list-nics",
}
"""By the other's name; the first to try, where several do a part of it."""
LEFT_TO_VIRSH = frozenset(
    {
        "autostart",
        "console",
        "define",
        "destroy",
        "edit",
        "migrate",
        "net-create",
        "nwfilter-define",
        "nwfilter-list",
        "reboot",
        "reset",
        "resume",
        "save",
        "shutdown",
        "start",
        "suspend",
        "undefine",
    }
)
"""What is not vnetmgr's to do."""


def advice(name: str) -> str:
    """` Here it is X.`, or nothing for what nobody calls so."""
    if name in HERE:
        return f" Here it is vnetmgr {HERE[name]}."
    if name in LEFT_TO_VIRSH:
        return f" That is left to virsh: virsh {name}."
    return ""
