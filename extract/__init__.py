"""The extractor: fetches what the sources deliver, checks the envelope, lands it in raw."""
