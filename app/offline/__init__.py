"""The offline transport: no word of the trade."""
