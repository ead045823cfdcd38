"""The GS1 Digital Link resolver and the story page."""
