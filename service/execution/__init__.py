"""Answer an operation: limits, cost, compile, bind, fetch, explain."""
