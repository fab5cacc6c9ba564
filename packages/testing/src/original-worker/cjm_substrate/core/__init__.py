"""Holds the worker program under the name that hosts start it by."""
