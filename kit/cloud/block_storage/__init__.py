"""The block storage service."""
