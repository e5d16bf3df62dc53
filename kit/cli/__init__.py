"""The `kit` command: thin shells over the packages below."""
