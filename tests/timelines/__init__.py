"""Timelines: what every rule does, as data, and what runs them."""
