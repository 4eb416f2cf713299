"""What is there from the start: conversations of data files, and a provider's initial things."""
