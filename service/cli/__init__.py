"""The command framework-atlas."""
