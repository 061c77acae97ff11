"""A command on hosts of the administrator's file: on each of them, or where its domain is."""
