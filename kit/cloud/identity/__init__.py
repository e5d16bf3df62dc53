"""Identity v3, as Keystone serves it."""
