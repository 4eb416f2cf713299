"""Small correct servers of the documents in `tests/data/ordinary`, each in the manner of a framework, with bugs to plant.

They use nothing of the packages.
"""
