"""Days and months of the books that are looked through and closed."""
