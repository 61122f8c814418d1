"""Other people's engines on the same values, in an environment of their own.

They are programs: each reads a file, prints one line of JSON, and imports nothing of this project.
"""
