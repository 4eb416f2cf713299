"""The server under test: what may be sent to it, what was created there, and clean-up."""
