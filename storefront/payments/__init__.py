"""Money coming in: payment codes, bank transfers by QR, gateways and their messages."""
