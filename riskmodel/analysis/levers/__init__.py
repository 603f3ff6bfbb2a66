"""Levers: what it would take for a situation to reach a target."""
