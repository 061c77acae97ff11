"""The documentation's pages as something to run: what they show is done, and compared."""
