"""A simulated marketplace: shops with habits, buyers, and an order service. Deterministic by its seed."""
