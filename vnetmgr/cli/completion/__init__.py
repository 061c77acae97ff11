"""Completion at the shell: what a word of a command line may become, for bash, zsh and fish.

A script in completions/ asks by the environment variable _VNETMGR_COMPLETE (answer.py). The line is
read by rules of our own (lex.py, line.py) over the commands' own parameters (commands.py); what a
value may be, values.py says, from tables and from what is there (known.py). Nothing of a line is
ever run or expanded.
"""
