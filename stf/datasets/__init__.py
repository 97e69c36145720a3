"""Dataset importers, one per file; each yields `Clip`."""
