"""Hosts as their administrator has them: several, switched off, cleared."""
