"""The tests that the plugin makes items of."""
