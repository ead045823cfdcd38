"""Intake: the cooperative buys from its members."""
