"""Directories of files, and one pure decoder for each kind of file in them."""
