"""The worker process: one capability behind HTTP on a Unix socket. Standard library only."""
