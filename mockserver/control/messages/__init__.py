"""What stored threads hold, read back: their resources, who said what, which tools were called."""
