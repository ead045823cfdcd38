"""The demo's bank and card house; never in production."""
