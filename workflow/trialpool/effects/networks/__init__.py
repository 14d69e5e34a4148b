"""Tables of network evidence, as people and programs write them."""

from trialpool.effects.networks.reading import NetworkTable, read_network

__all__ = ["NetworkTable", "read_network"]
