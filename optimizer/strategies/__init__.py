"""Ways to look for a better bundle, one small file each; `protocol` is the seam, `optimizer.search` the table."""
