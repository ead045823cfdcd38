"""The demo: a fair with people, diaries, goods and visits, made through the rooms' own services."""
