"""Texts of models in several languages: docs/decisions/0007-translations-beside-the-original.md."""
