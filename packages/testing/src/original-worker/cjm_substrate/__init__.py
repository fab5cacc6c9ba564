"""
A stand-in, for tests, for the package of the Python original. It has nothing of its code: it was written from the
description of its wire contract, and serves the same routes with the quirks that a host must cope with.
"""
