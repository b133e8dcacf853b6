"""The triggers that keep search and facets right on SQLite; postgresql.sql has those of production.

SQLite's triggers work on rows. The tokenizer finds any three characters in a row, in any script,
within words and across them.
"""

TABLE = """
CREATE VIRTUAL TABLE IF NOT EXISTS catalogue_search
USING fts5(title, keywords, body, tokenize = 'trigram');
"""

DOCUMENTS = """
INSERT INTO catalogue_search (rowid, title, keywords, body)
SELECT product.id, product.title,
  product.vendor || ' ' || coalesce(category.name, '') || ' ' || coalesce((
    SELECT group_concat(tag.name, ' ') FROM catalogue_product_tags link
    JOIN catalogue_tag tag ON tag.id = link.tag_id WHERE link.product_id = product.id), ''),
  substr(product.description_text, 1, 50000)
FROM catalogue_product product
LEFT JOIN catalogue_category category ON category.id = product.category_id
"""

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
INSERT INTO catalogue_facetvalue (name, value)
SELECT DISTINCT named.name, substr(chosen.value, 1, 200) {_VALUES_OF}
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


def _document(product: str) -> str:
    return (
        f"DELETE FROM catalogue_search WHERE rowid = {product};"  # noqa: S608 - constants
        f"{DOCUMENTS} WHERE product.id = {product};"
    )


def _documents(where: str) -> str:
    products = f"SELECT product.id FROM catalogue_product product WHERE {where}"  # noqa: S608
    return (
        f"DELETE FROM catalogue_search WHERE rowid IN ({products});"  # noqa: S608 - constants
        f"{DOCUMENTS} WHERE {where};"
    )


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
    )


_TAGGED = "product.id IN (SELECT product_id FROM catalogue_product_tags WHERE tag_id = NEW.id)"

TRIGGERS = {
    "derive_product_insert": f"""
AFTER INSERT ON catalogue_product BEGIN {_document("NEW.id")} END""",
    "derive_product_update": f"""
AFTER UPDATE OF title, vendor, description_text, category_id ON catalogue_product
BEGIN {_document("NEW.id")} END""",
    "derive_product_delete": """
AFTER DELETE ON catalogue_product BEGIN DELETE FROM catalogue_search WHERE rowid = OLD.id; END""",
    "derive_product_tags_insert": f"""
AFTER INSERT ON catalogue_product_tags BEGIN {_document("NEW.product_id")} END""",
    "derive_product_tags_delete": f"""
AFTER DELETE ON catalogue_product_tags BEGIN {_document("OLD.product_id")} END""",
    "derive_category_update": f"""
AFTER UPDATE OF name ON catalogue_category WHEN OLD.name <> NEW.name
BEGIN {_documents("product.category_id = NEW.id")} END""",
    "derive_tag_update": f"""
AFTER UPDATE OF name ON catalogue_tag WHEN OLD.name <> NEW.name
BEGIN {_documents(_TAGGED)} END""",
    "derive_variant_insert": f"""
AFTER INSERT ON catalogue_variant BEGIN {_values("NEW.product_id", "NEW.id")} END""",
    "derive_variant_update": f"""
AFTER UPDATE OF option_values, product_id ON catalogue_variant
WHEN OLD.option_values <> NEW.option_values OR OLD.product_id <> NEW.product_id
BEGIN {_values("NEW.product_id", "NEW.id")} END""",
    "derive_variant_delete": """
AFTER DELETE ON catalogue_variant
BEGIN DELETE FROM catalogue_variantvalue WHERE variant_id = OLD.id; END""",
    "derive_option_insert": f"""
AFTER INSERT ON catalogue_option BEGIN {_values("NEW.product_id")} END""",
    "derive_option_update": f"""
AFTER UPDATE ON catalogue_option
BEGIN {_values("OLD.product_id")} {_values("NEW.product_id")} END""",
    "derive_option_delete": f"""
AFTER DELETE ON catalogue_option BEGIN {_values("OLD.product_id")} END""",
}

REBUILD = [
    "DELETE FROM catalogue_search",
    DOCUMENTS,
    "DELETE FROM catalogue_variantvalue",
    "DELETE FROM catalogue_facetvalue",
    FACET_VALUES.format(options="", variants=""),
    VARIANT_VALUES.format(options="", variants=""),
]
