"""The commands: `threadmock serve`, what it prints, and the process that a test fixture starts."""
