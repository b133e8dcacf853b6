"""What answers of several kinds have in common, for the schema."""

from typing import Any

from rest_framework import serializers


class Page(serializers.Serializer[Any]):
    """Part of a list. `count` is how many there are in all."""

    count = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()
