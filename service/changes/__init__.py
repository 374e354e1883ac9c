"""The log of changes: its feed, and the subscriptions to it."""
