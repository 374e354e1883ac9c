"""The command `framework-atlas`: one module per subcommand, whose docstring is its help."""
