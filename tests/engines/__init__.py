"""One text, two engines: what PostgreSQL and Spark make of it, compared mart by mart."""
