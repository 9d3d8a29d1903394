"""A study as a Workflow Run RO-Crate: its workflow, configuration and results, and where they came from."""
