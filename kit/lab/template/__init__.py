"""What a new lab begins with."""
