"""The forecast API of the virtual power plant."""
