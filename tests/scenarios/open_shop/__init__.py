"""A shop that is counted while it sells: phones with clocks of their own, shelves, people, the books."""
