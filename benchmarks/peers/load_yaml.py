"""The peer of `vnetmgr validate`: load a YAML file by the C loader, and nothing else.

Usage: load_yaml.py FILE
"""

import sys
from pathlib import Path

import yaml

yaml.load(Path(sys.argv[1]).read_text(), Loader=yaml.CSafeLoader)
