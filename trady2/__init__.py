"""Trady2 in the order of its flow."""
