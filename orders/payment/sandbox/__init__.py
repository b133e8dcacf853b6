"""Sandbox Pay: a payment company to try a shop with. It is another company, and stays one.

It has its own site, tables and words; it is reached by HTTP alone, with signed requests, and tells
the shop by HTTP alone, with signed messages. Nothing of the shop is imported here, and nothing of
this there, but for how messages are signed and sent and amounts are counted (`signatures`, `wire`
and `money` in `orders.payment`), which such a company publishes. Only settings know both.

No money moves, and nobody is asked for a card.
"""
