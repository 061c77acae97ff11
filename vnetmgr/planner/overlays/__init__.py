"""Nics on overlays: their ids and logical ports, and those ports' addresses. Pure."""
