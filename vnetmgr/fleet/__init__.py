"""Several hosts at once: the same command on each, and one answer a host.

Nothing here talks to libvirt. On each host vnetmgr itself does the work: in a process of its own on
this machine, over libvirt's transport, or there, over ssh.
"""
