"""Vouchers: codes that lower a basket, counted so that none is used once too often."""
