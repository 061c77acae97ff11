"""Overlays: networks that reach over several hosts, by OVN."""
