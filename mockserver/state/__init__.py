"""What is kept: store, journal, expiry, clock and ids."""
