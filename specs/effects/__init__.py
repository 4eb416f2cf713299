"""Whether what rules say could ever do anything: members, resources and words that a whole document lacks."""
