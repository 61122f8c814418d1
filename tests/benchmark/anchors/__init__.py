"""Other people's engines on the same values, in an environment of their own.

Each program reads a file, prints one line of JSON, and imports nothing from this project.
"""
