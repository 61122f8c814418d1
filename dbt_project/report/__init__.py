"""The report: one HTML file made from the marts, which it reads as any consumer does."""
