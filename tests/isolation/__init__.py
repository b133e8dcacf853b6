"""Isolation, proven on the production server: nobody is ever shown what is somebody else's.

`python -m tests.isolation` (make test-isolation) starts the shop as it is run for real, lets many
people shop at once over connections that they share, and searches everything that came back and
everything that was kept for a mark that each of them carries. docs/isolation.md tells more.
"""
