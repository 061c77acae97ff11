"""vnetmgr, whose completion has more time than at a prompt: the machine may be busy with other
tests."""

from vnetmgr.__main__ import main
from vnetmgr.cli.completion import answer, known

if __name__ == "__main__":
    answer._BOUND_S = known.PATIENCE_S = 60.0
    main()
