"""Tonelens says what emotion a voice carries, and why, with evidence a listener can check."""

__version__ = "0.1.0"
