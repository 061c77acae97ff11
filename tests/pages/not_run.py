"""The blocks that no test runs (```` ```sh ````), and why: page -> first line -> reason."""

# tests/system/pages/test_bridges.py does it in a root of its own.
LINKS = "it takes the host's own link, and the manager of links that this host has"
SYSTEMD = "it takes a systemd; tests/system/services has one, and does what is said there"
INSTALLS = "it installs packages: script/package --lines runs it on bare systems"
NOT_RUN: dict[str, dict[str, str]] = {
    "README.md": {
        "sudo script/package": INSTALLS,
        "sudo apt install python3-venv python3-libvirt": INSTALLS,
    },
    "docs/guides/from-terraform.md": {
        "terraform state rm libvirt_network.lab": "there is no terraform that has made it",
    },
    "docs/guides/install.md": {
        "sudo script/package": INSTALLS,
        "sudo apt install python3-venv python3-libvirt": INSTALLS,
        "sudo apt install python3-venv python3-dev gcc libc6-dev pkg-config libvirt-dev": INSTALLS,
        "sudo apt install pipx python3-libvirt": INSTALLS,
        "sudo apt install python3-dev gcc libc6-dev pkg-config libvirt-dev": INSTALLS,
    },
    "docs/guides/lan.md": {
        "nmcli connection add type bridge ifname br0 con-name br0 bridge.stp no"
        " bridge.mac-address 52:54:00:12:34:56": LINKS,
        "netplan try": LINKS,
        "networkctl reload": LINKS,
        "ifdown eno1; ifup br0": LINKS,
    },
    "docs/guides/overlays.md": {
        "vnetmgr install-service --migration-hook --ovn-nb tcp:10.99.0.1:6641": SYSTEMD,
    },
    "docs/guides/reconcile.md": {
        "systemctl daemon-reload && systemctl enable --now vnetmgr-watch.service": SYSTEMD,
        "systemctl daemon-reload && systemctl enable --now vnetmgr-reconcile.timer": SYSTEMD,
        "systemctl edit vnetmgr-watch.service": SYSTEMD,
    },
}
