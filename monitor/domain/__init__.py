"""Pure functions and dataclasses on numbers and DataFrames: no I/O, no clock."""
