"""`python -m vnetmgr`."""

from vnetmgr.cli.app import main

if __name__ == "__main__":
    main()
