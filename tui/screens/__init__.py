"""The screens. Each asks the service, draws what it got, and says what to do when it got nothing."""
