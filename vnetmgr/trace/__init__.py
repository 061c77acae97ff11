"""One packet of a guest's, followed to where it gets: by what was seen of the host, and no packet.

`follow` walks a snapshot (model.path.facts) and is pure.
"""
