"""The change feed, and the subscriptions to it."""
