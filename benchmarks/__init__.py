"""Timings of whole vnetmgr commands, as ratios to a peer that is measured in the same run.

A ratio holds on any machine and under any load, a number of milliseconds on none: so the limits
here are ratios alone. `python -m benchmarks` measures them all.
"""
