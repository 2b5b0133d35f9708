"""The proof that nothing is lost and nobody let in, with the figures that the README states.

uv run pytest tests/proof -m 'slow or not slow' -n 0
"""
