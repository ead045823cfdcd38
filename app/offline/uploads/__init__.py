"""Photos and voices of records that were written offline: they follow the words, and go on where they stopped."""
