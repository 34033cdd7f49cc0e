"""The API that the phone speaks, and its scan page."""
