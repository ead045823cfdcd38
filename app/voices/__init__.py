"""Audio packs: prompts recorded by people, language by language, for whoever reads little."""
