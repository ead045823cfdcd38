"""The demo's bank and card house: play money that takes the real roads; refused in production by the settings."""
