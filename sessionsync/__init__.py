"""One session across unrelated domains, by redirects, for visitors who never log in.

A Django app of its own: it imports nothing of the project around it. Start with README.md.
"""

__version__ = "0.1.0"
