"""What happened, and where it is kept: events, the ledger, its one writer and its readers."""
