"""Exhaustive exploration of small worlds in which the protocol of sessionsync runs."""
