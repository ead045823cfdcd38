"""The shop window: listings for sale, stock, carts, orders, payments, books, visits and talk with buyers."""
