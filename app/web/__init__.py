"""HTTP manners of the whole house: house, errors, security, pages, forms, page cache."""
