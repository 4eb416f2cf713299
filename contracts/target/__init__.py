"""The server under test: what may be sent to it, what was made there, and clean-up."""
