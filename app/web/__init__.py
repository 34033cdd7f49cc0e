"""The web floor: error pages, CSRF, htmx, page shell, lists, words; it knows no feature."""
