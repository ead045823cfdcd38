"""For the authority: records of lots, what they lack, and inspectors who look."""
