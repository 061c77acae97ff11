"""watch, of several hosts: each is kept by a watch of its own, which is told what only somebody who
sees all of them can know: where every domain is.
"""
