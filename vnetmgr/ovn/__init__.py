"""OVN's northbound database: the only place that imports ovsdbapp.

What stands there as rows comes out as values of the model, and goes in as writes of it.
"""
