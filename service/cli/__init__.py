"""The command `framework-atlas`: one module per subcommand, with its help in the docstring of the module."""
