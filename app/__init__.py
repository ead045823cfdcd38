"""The shared core and the roof of Chợ Phiên; importing it imports nothing."""
