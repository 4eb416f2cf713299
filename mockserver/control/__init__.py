"""What the control interface does: read what is asked, do it, and put the answer together. No Flask, no socket."""
