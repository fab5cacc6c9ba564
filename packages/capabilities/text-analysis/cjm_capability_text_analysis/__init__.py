"""Sentences, terms, readability and language of a text."""
