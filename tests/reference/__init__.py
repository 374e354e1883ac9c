"""A reference implementation of the graph: a naive interpreter of plans over facts in memory.

It is written from the descriptions in the schema, not from the statements of the stores. It is slow and obvious, so that
a difference to a store is a defect of the store (or of the description).
"""
