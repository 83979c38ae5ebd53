"""Language models: the one gateway every call goes through, and the embedded model."""
