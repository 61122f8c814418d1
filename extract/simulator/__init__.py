"""A stand-in for the VPP and the DSO: forecasts over HTTP and files in the formats of both.

Everything it says follows from one `SimulationPlan`: the same plan gives the same bytes.
Run `python -m extract.simulator --help` for the command line.
"""
