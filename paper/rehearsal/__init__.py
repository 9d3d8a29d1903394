"""A study run at several sizes, and measured: how time, memory and disk grow with the number of runs."""
