"""iptables' rules as iptables-save writes them, of its old kind or as a face of nftables.

nft's JSON has only the names of iptables' extensions; here is what they are told.
"""
