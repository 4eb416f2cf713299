"""Things that are there from the start: conversation files and initial things."""
