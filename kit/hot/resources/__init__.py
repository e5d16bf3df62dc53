"""What types of resources do, and the records of resources."""
