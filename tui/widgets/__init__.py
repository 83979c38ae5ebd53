"""Widgets of our own: one virtual line view and what stands on it, the bars, and the boxes."""
