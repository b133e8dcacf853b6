"""What a list of products can be narrowed down by, and how many products each choice would leave.

Within a facet one of the chosen values is enough; between facets all must hold, and all that is
said of a variant (options, price, availability, sale) must hold for one and the same variant: a
shirt in M and Red is one that can be had in both at once. A choice's count is the number of
products there would be with it, the other facets applied.
"""

from .counts import Counts, count, counted, told
from .selection import Selection, is_canonical, read_selection
from .shown import Choice, Chosen, Facet, Narrowing, narrowing

__all__ = [
    "Choice", "Chosen", "Counts", "Facet", "Narrowing", "Selection", "count", "counted",
    "is_canonical", "narrowing", "read_selection", "told",
]  # fmt: skip
