"""What several hosts have answered, for people: each answer is read back from its document, since
that is all that there is of a host where another vnetmgr has done the work."""
