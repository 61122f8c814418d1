"""The PostgreSQL that everything lands in."""
