"""The categories of products in a file: found, made where they are missing, and named."""

from shop.catalogue.models import Category
from shop.catalogue.services import add_category, category_slug
from shop.translated.fields import merged

from .parsed import ParsedProduct


class Shelves:
    """The tree as an import knows it. `names`: where a category is, in words, by its id."""

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self._by_path: dict[tuple[str, ...], Category] = {}
        self._by_address: dict[str, Category] = {}
        names_at: dict[str, tuple[str, ...]] = {}
        for category in Category.objects.order_by("path"):
            names = names_at.get(category.path[: -category.steplen], ())
            names_at[category.path] = (*names, category.original_name)
            self._remember(names_at[category.path], category)

    def _remember(self, names: tuple[str, ...], category: Category) -> None:
        self._by_path.setdefault(names, category)
        self._by_address.setdefault(category.url_path, category)
        self.names[category.pk] = " > ".join(names)

    def category(self, path: tuple[str, ...]) -> Category:
        """The category with these names, or with the address they give; made where missing."""
        if path in self._by_path:
            return self._by_path[path]
        parent = self.category(path[:-1]) if len(path) > 1 else None
        slug = category_slug(path[-1])
        address = f"{parent.url_path}/{slug}" if parent else slug
        if address not in self._by_address:
            self._remember(path, add_category(path[-1], parent))
        self._by_path[path] = self._by_address[address]
        return self._by_path[path]

    def name(self, item: ParsedProduct) -> list[tuple[str, str]]:
        """Name the product's category, and those above it, in the languages they have no name in.

        Gives the names with their translations. What staff call a category stays.
        """
        named = []
        for language, names in item.category_translations.items():
            for depth, name in enumerate(names, 1):
                node = self.category(item.category_path[:depth])
                known = node.translations.get(language, {}).get("name")
                if not known and name != node.original_name:
                    node.translations = merged(node.translations, {language: {"name": name}})
                    Category.objects.filter(pk=node.pk).update(translations=node.translations)
                    named.append((node.original_name, f"{name} ({language})"))
        return named
