"""Write to a graph: mutations, bulk load, export.

All writes are idempotent: repeated, they change nothing and add nothing to the log of changes.
"""
