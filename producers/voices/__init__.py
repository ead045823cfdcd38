"""Recording prompts: the people of the producers lend their voices."""
