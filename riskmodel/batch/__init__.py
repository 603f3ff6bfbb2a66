"""Scoring files of any size: read in pieces, scored by the engine, written in order, all or nothing."""
