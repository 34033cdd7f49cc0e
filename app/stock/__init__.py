"""Stock: what is on hand and where, labels; later reservations, transfers, scrap, issues, alerts."""
