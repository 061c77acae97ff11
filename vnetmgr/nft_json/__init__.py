"""nft's JSON and model values, into each other and nothing else. Pure.

The form is libnftables-json(5). nft 1.0.6, Debian 12's, sets the bounds: its JSON makes a set of
a map to `address . port`, and then crashes at the rule that uses it; so addresses and ports have
a map each, with the same keys.
"""
