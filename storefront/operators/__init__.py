"""Tour operators: who brings guests on account, at which discount, and what was sold to them."""
