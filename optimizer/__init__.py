"""Looking for a better prompt and proving it. It can propose; it cannot make anything live."""
