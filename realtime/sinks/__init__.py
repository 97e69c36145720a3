"""Where results go: files and windows, each a context manager."""
