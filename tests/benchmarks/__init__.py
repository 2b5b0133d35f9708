"""How fast the application is, next to a floor and a peer on the same machine.

uv run python -m tests.benchmarks
"""
