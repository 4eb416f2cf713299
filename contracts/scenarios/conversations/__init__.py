"""What runs tell, held against what is stored: on one thread, on several, alone, in the background, after the end."""
