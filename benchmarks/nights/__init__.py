"""What a night proves, measured: on recorded runs, on planted populations, on scripted agents."""
