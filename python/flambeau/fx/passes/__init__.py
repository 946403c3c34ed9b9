"""Passes over graphs: each module of this package holds one, or what several share."""
