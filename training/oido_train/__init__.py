"""Trains oido's streaming acoustic models: manifest in, model bundle out."""
