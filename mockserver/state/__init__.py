"""State: store, journal, expiry, clock and ids."""
