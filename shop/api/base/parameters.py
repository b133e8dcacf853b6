"""Parameters of queries that several calls take, for the schema."""

from drf_spectacular.utils import OpenApiParameter

MOST = 999_999_999
"""The largest number that is read; what there is ends long before."""

LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MOST},
    description="At most 100 are given, however many are asked for.",
)
OFFSET = OpenApiParameter("offset", {"type": "integer", "minimum": 0, "maximum": MOST})
FIELDS = OpenApiParameter("fields", str, description="Ignored: every field is always there.")
