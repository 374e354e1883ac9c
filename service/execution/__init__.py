"""Execute operations: documents, limits, compilation, statements, results."""
