"""The three append-only ledgers: goods, money and counts; post() is the only writer."""
