"""Write to a graph: mutations, bulk load, export."""
