"""Live migration in the compute service: request, pre-checks, the record and its clock, what turns it and what breaks it."""
