"""Benchmarks: how fast a whole instance is beside a bare server and a bare database (`make bench`)."""
