"""The least programs that could take vnetmgr's place, each in one benchmark: what even they need no
version of vnetmgr can save. Each says what it leaves out."""
