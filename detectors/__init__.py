"""The rules: what an order's facts mean. Pure: no clock, no I/O, no Kafka; the same input gives the same output."""
