"""Figures of embeddings: static (matplotlib) and interactive (plotly), with one set of colours for all."""
