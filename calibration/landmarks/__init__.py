"""Landmarks to skeleton: motion capture rendered, estimated again, and the map between the two fitted and measured."""
