"""Policy: Congress v1, and its enforcement on the cloud itself."""
