"""The company: settings, tax status, chart of accounts, calendar and time zone, document numbers, own fields."""
