"""The triggers that keep search and facets right on SQLite; postgresql.sql has those of production.

SQLite's triggers work on rows. The tokenizer finds any three characters in a row, in any script,
within words and across them.
"""

TABLE = """
CREATE VIRTUAL TABLE IF NOT EXISTS catalogue_search
USING fts5(title, keywords, body, tokenize = 'trigram');
"""

DOCUMENTS = """
INSERT INTO catalogue_searchdocument (product_id, language, vector)
SELECT product.id, '', '' FROM catalogue_product product WHERE {products}
UNION
SELECT product.id, said.key, '' FROM catalogue_product product, json_each(product.translations) said
WHERE {products}
UNION
SELECT product.id, said.key, '' FROM catalogue_product product
JOIN catalogue_category category ON category.id = product.category_id,
  json_each(category.translations) said
WHERE {products};
"""


def _said(row: str, text: str) -> str:
    place = f"""'$."' || document.language || '".{text}'"""
    return f"nullif(json_extract({row}.translations, {place}), '')"


TEXTS = f"""
INSERT INTO catalogue_search (rowid, title, keywords, body)
SELECT document.id, coalesce({_said("product", "title")}, product.title),
  CASE WHEN {_said("product", "title")} IS NULL THEN '' ELSE product.title || ' ' END
    || product.vendor || ' ' || coalesce(category.name, '') || ' '
    || coalesce({_said("category", "name")}, '') || ' ' || coalesce((
      SELECT group_concat(tag.name, ' ') FROM catalogue_product_tags link
      JOIN catalogue_tag tag ON tag.id = link.tag_id WHERE link.product_id = product.id), ''),
  substr(coalesce({_said("product", "description_text")}, product.description_text), 1, 50000)
FROM catalogue_searchdocument document
JOIN catalogue_product product ON product.id = document.product_id
LEFT JOIN catalogue_category category ON category.id = product.category_id
WHERE {{products}};
"""  # noqa: S608 - constants

_NAMED = """
  SELECT id, product_id, substr(lower(trim(name)), 1, 100) AS name,
    row_number() OVER (PARTITION BY product_id ORDER BY position, id) - 1 AS place
  FROM catalogue_option
"""

_VALUES_OF = f"""
FROM catalogue_variant variant
JOIN ({_NAMED} {{options}}) named ON named.product_id = variant.product_id
JOIN json_each(CASE json_type(variant.option_values) WHEN 'array'
  THEN variant.option_values ELSE '[]' END) chosen ON chosen.key = named.place
"""

FACET_VALUES = f"""
INSERT INTO catalogue_facetvalue (name, value, labels)
SELECT DISTINCT named.name, substr(chosen.value, 1, 200), '{{{{}}}}' {_VALUES_OF}
WHERE chosen.value <> '' AND NOT EXISTS (
  SELECT 1 FROM catalogue_facetvalue known
  WHERE known.name = named.name AND known.value = substr(chosen.value, 1, 200)) {{variants}};
"""  # noqa: S608 - constants

VARIANT_VALUES = f"""
INSERT INTO catalogue_variantvalue (variant_id, product_id, value_id)
SELECT DISTINCT variant.id, variant.product_id, known.id {_VALUES_OF}
JOIN catalogue_facetvalue known
  ON known.name = named.name AND known.value = substr(chosen.value, 1, 200)
WHERE 1 {{variants}};
"""


VALUE_LABELS = f"""
INSERT INTO catalogue_facetvalue (name, value, labels)
SELECT name, value, json_group_object(language, label) FROM (
  SELECT named.name AS name, substr(chosen.value, 1, 200) AS value, said.key AS language,
    translated.value AS label, max(variant.id)
  {_VALUES_OF}
  JOIN json_each(variant.translations) said
  JOIN json_each(said.value, '$.option_values') translated ON translated.key = chosen.key
  WHERE chosen.value <> '' AND translated.value <> '' {{variants}}
  GROUP BY 1, 2, 3
) WHERE 1 GROUP BY name, value
ON CONFLICT (name, value) DO UPDATE SET labels = json_patch(labels, excluded.labels);
"""  # noqa: S608 - constants

OPTION_LABELS = """
INSERT INTO catalogue_facetvalue (name, value, labels)
SELECT name, '', json_group_object(language, label) FROM (
  SELECT substr(lower(trim(option.name)), 1, 100) AS name, said.key AS language,
    json_extract(said.value, '$.name') AS label, max(option.id)
  FROM catalogue_option option JOIN json_each(option.translations) said
  WHERE json_extract(said.value, '$.name') <> '' {options}
  GROUP BY 1, 2
) WHERE 1 GROUP BY name
ON CONFLICT (name, value) DO UPDATE SET labels = json_patch(labels, excluded.labels);
"""


def _forget(products: str) -> str:
    documents = f"SELECT id FROM catalogue_searchdocument WHERE product_id {products}"  # noqa: S608
    return (
        f"DELETE FROM catalogue_search WHERE rowid IN ({documents});"  # noqa: S608 - constants
        f"DELETE FROM catalogue_searchdocument WHERE product_id {products};"
    )


def _documents(products: str) -> str:
    these = f"product.id {products}"
    return _forget(products) + DOCUMENTS.format(products=these) + TEXTS.format(products=these)


def _values(product: str, variant: str = "") -> str:
    variants = f"AND variant.product_id = {product}"
    old = f"product_id = {product}"
    if variant:
        variants = f"AND variant.id = {variant}"
        old = f"variant_id = {variant}"
    options = f"WHERE product_id = {product}"
    return (
        f"DELETE FROM catalogue_variantvalue WHERE {old};"  # noqa: S608 - constants
        + FACET_VALUES.format(options=options, variants=variants)
        + VARIANT_VALUES.format(options=options, variants=variants)
        + VALUE_LABELS.format(options=options, variants=variants)
    )


def _options(product: str, option: str) -> str:
    return _values(product) + OPTION_LABELS.format(options=f"AND option.id = {option}")


def _changed(category: str) -> str:
    return (
        f"DELETE FROM catalogue_listchange WHERE category_id = {category};"  # noqa: S608 - constants
        f"INSERT INTO catalogue_listchange (category_id, at) SELECT {category}, CURRENT_TIMESTAMP "
        f"WHERE {category} IS NOT NULL;"
    )


def _list_of(product: str) -> str:
    return _changed(f"(SELECT category_id FROM catalogue_product WHERE id = {product})")  # noqa: S608


_TAGGED = "IN (SELECT product_id FROM catalogue_product_tags WHERE tag_id = NEW.id)"
_SHELVED = "IN (SELECT id FROM catalogue_product WHERE category_id = NEW.id)"

TRIGGERS = {
    "derive_product_insert": f"""
AFTER INSERT ON catalogue_product BEGIN {_documents("= NEW.id")} END""",
    "derive_product_update": f"""
AFTER UPDATE OF title, vendor, description_text, category_id, translations ON catalogue_product
BEGIN {_documents("= NEW.id")} END""",
    "derive_product_delete": f"""
AFTER DELETE ON catalogue_product BEGIN {_forget("= OLD.id")} END""",
    "derive_product_tags_insert": f"""
AFTER INSERT ON catalogue_product_tags BEGIN {_documents("= NEW.product_id")} END""",
    "derive_product_tags_delete": f"""
AFTER DELETE ON catalogue_product_tags BEGIN {_documents("= OLD.product_id")} END""",
    "derive_category_update": f"""
AFTER UPDATE OF name, translations ON catalogue_category
WHEN OLD.name <> NEW.name OR OLD.translations <> NEW.translations
BEGIN {_documents(_SHELVED)} END""",
    "derive_tag_update": f"""
AFTER UPDATE OF name ON catalogue_tag WHEN OLD.name <> NEW.name
BEGIN {_documents(_TAGGED)} END""",
    "derive_variant_insert": f"""
AFTER INSERT ON catalogue_variant BEGIN {_values("NEW.product_id", "NEW.id")} END""",
    "derive_variant_update": f"""
AFTER UPDATE OF option_values, product_id, translations ON catalogue_variant
WHEN OLD.option_values <> NEW.option_values OR OLD.product_id <> NEW.product_id
  OR OLD.translations <> NEW.translations
BEGIN {_values("NEW.product_id", "NEW.id")} END""",
    "derive_variant_delete": """
AFTER DELETE ON catalogue_variant
BEGIN DELETE FROM catalogue_variantvalue WHERE variant_id = OLD.id; END""",
    "derive_option_insert": f"""
AFTER INSERT ON catalogue_option BEGIN {_options("NEW.product_id", "NEW.id")} END""",
    "derive_option_update": f"""
AFTER UPDATE ON catalogue_option
BEGIN {_values("OLD.product_id")} {_options("NEW.product_id", "NEW.id")} END""",
    "derive_option_delete": f"""
AFTER DELETE ON catalogue_option BEGIN {_values("OLD.product_id")} END""",
    "derive_list_product_insert": f"""
AFTER INSERT ON catalogue_product BEGIN {_changed("NEW.category_id")} END""",
    "derive_list_product_update": f"""
AFTER UPDATE OF vendor, category_id, is_published ON catalogue_product
WHEN OLD.vendor <> NEW.vendor OR OLD.category_id IS NOT NEW.category_id
  OR OLD.is_published <> NEW.is_published
BEGIN {_changed("OLD.category_id")} {_changed("NEW.category_id")} END""",
    "derive_list_product_delete": f"""
AFTER DELETE ON catalogue_product BEGIN {_changed("OLD.category_id")} END""",
    "derive_list_storefronts_insert": f"""
AFTER INSERT ON catalogue_product_storefronts BEGIN {_list_of("NEW.product_id")} END""",
    "derive_list_storefronts_delete": f"""
AFTER DELETE ON catalogue_product_storefronts BEGIN {_list_of("OLD.product_id")} END""",
    "derive_list_option_insert": f"""
AFTER INSERT ON catalogue_option BEGIN {_list_of("NEW.product_id")} END""",
    "derive_list_option_update": f"""
AFTER UPDATE ON catalogue_option
BEGIN {_list_of("OLD.product_id")} {_list_of("NEW.product_id")} END""",
    "derive_list_option_delete": f"""
AFTER DELETE ON catalogue_option BEGIN {_list_of("OLD.product_id")} END""",
    "derive_list_variant_insert": f"""
AFTER INSERT ON catalogue_variant BEGIN {_list_of("NEW.product_id")} END""",
    "derive_list_variant_update": f"""
AFTER UPDATE ON catalogue_variant
WHEN OLD.option_values <> NEW.option_values OR OLD.product_id <> NEW.product_id
  OR OLD.price <> NEW.price OR OLD.available <> NEW.available OR OLD.reduced <> NEW.reduced
BEGIN {_list_of("OLD.product_id")} {_list_of("NEW.product_id")} END""",
    "derive_list_variant_delete": f"""
AFTER DELETE ON catalogue_variant BEGIN {_list_of("OLD.product_id")} END""",
}

REBUILD = [
    "DELETE FROM catalogue_search",
    "DELETE FROM catalogue_searchdocument",
    DOCUMENTS.format(products="1"),
    TEXTS.format(products="1"),
    "DELETE FROM catalogue_variantvalue",
    "DELETE FROM catalogue_facetvalue",
    FACET_VALUES.format(options="", variants=""),
    VARIANT_VALUES.format(options="", variants=""),
    VALUE_LABELS.format(options="", variants=""),
    OPTION_LABELS.format(options=""),
    "DELETE FROM catalogue_tally",
    "DELETE FROM catalogue_listchange",
]
