"""Models that judge answers where no code can: versioned programs, held against people before they may decide."""
