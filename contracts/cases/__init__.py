"""How a request is made: its body, the things that it names, its encoding."""
