"""What vnetmgr talks about: frozen values and objects, without any I/O."""
