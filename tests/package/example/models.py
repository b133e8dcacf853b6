from django.db import models


class Note(models.Model):
    """What a visitor wrote down, signed in or not."""

    session_key = models.CharField(max_length=64, db_index=True)
    text = models.CharField(max_length=100)

    objects: models.Manager["Note"]

    class Meta:
        app_label = "example"

    def __str__(self) -> str:
        return self.text
