"""The transparency log: what was written down, in a tree that nobody can rewrite unnoticed."""
