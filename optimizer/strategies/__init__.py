"""Ways to look for a better bundle: one protocol, one small file each."""
