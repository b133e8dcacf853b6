"""`manage.py rebuild_search`."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from shop.catalogue.search.index import install, rebuild


class Command(BaseCommand):
    """Derives search documents, words and facet values anew: after rows came in past triggers."""

    help = "Make the search index and the facets anew, from the catalogue as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        """Put the triggers in where they are missing, then derive all."""
        install(connection)
        rebuild()
        if options["verbosity"]:
            self.stdout.write("Search and facets are made anew.")
