"""The run: its phases, its budget, what each operation came to."""
