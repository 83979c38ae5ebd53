"""The terminal's figures: what a person's keys cost, in CPU time and bytes through a pseudo-terminal."""
