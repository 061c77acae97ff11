"""Specs: YAML files of desired state, read with positions, and written."""
