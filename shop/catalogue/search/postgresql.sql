-- Keeps catalogue_searchdocument, _searchword, _facetvalue and _variantvalue right, whoever writes,
-- and notes in catalogue_listchange which lists have to be counted anew.
-- Run as a whole, and again after each change of this file (shop/catalogue/search/index.py).
-- The triggers work on statements, not rows: an import of 500 products refreshes once. A change
-- of stock alone refreshes nothing, so that orders never wait for the index.

-- Words in lower case, one blank apart; no character joins two words.
CREATE OR REPLACE FUNCTION catalogue_words(source text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT lower(translate(source,
    $punct$!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~“”‘’«»‹›—–…·•、。，！？（）《》【】「」：；％＆￥€£×$punct$,
    repeat(' ', 80)))
$$;

-- Scripts without blanks between words: two characters at a time, and the last one alone.
CREATE OR REPLACE FUNCTION catalogue_bigrams(source text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(string_agg(substr(found.run[1], place, 2), ' ' ORDER BY found.nr, place), '')
  FROM regexp_matches(
      source, '[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+', 'g'
    ) WITH ORDINALITY AS found(run, nr),
    generate_series(1, length(found.run[1])) AS place
$$;

CREATE OR REPLACE FUNCTION catalogue_spaced(source text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT regexp_replace(
    catalogue_words(source),
    '[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+', ' ', 'g')
$$;

-- Stems of English words; the words as they stand, too, where that is asked for; bigrams.
CREATE OR REPLACE FUNCTION catalogue_vector(source text, weight "char", as_written boolean)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT setweight(
    to_tsvector('pg_catalog.english', spaced)
      || CASE WHEN as_written THEN to_tsvector('pg_catalog.simple', spaced) ELSE ''::tsvector END
      || to_tsvector('pg_catalog.simple', catalogue_bigrams(source)),
    weight)
  FROM (SELECT catalogue_spaced(source)) AS latin(spaced)
$$;

-- What these products say in each language: '' is the original, the others are there for products
-- that are translated, or whose category is. The original title is found in every language.
CREATE OR REPLACE FUNCTION catalogue_texts_of(products bigint[])
RETURNS TABLE (product_id bigint, language text, title text, keywords text, body text)
LANGUAGE sql STABLE AS $$
  SELECT product.id, spoken.language, coalesce(said.title, product.title),
    concat_ws(' ', CASE WHEN said.title IS NOT NULL THEN product.title END, product.vendor,
      category.name, nullif(category.translations -> spoken.language ->> 'name', ''), (
        SELECT string_agg(tag.name, ' ') FROM catalogue_product_tags link
        JOIN catalogue_tag tag ON tag.id = link.tag_id WHERE link.product_id = product.id
      )),
    left(coalesce(said.description_text, product.description_text), 50000)
  FROM catalogue_product product
  LEFT JOIN catalogue_category category ON category.id = product.category_id
  CROSS JOIN LATERAL (
    SELECT '' AS language UNION SELECT jsonb_object_keys(product.translations)
    UNION SELECT jsonb_object_keys(category.translations)
  ) spoken
  CROSS JOIN LATERAL (SELECT
    nullif(product.translations -> spoken.language ->> 'title', '') AS title,
    nullif(product.translations -> spoken.language ->> 'description_text', '') AS description_text
  ) said
  WHERE product.id = ANY (products)
$$;

-- Refreshes the documents of these products and adds their words. The documents are locked first:
-- of two writers to one product, the second sees what the first has committed.
CREATE OR REPLACE FUNCTION catalogue_refresh_documents(products bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF products IS NULL THEN
    RETURN;
  END IF;
  PERFORM 1 FROM catalogue_searchdocument
    WHERE product_id = ANY (products) ORDER BY product_id, language FOR UPDATE;
  DELETE FROM catalogue_searchdocument there
  WHERE there.product_id = ANY (products) AND there.language <> '' AND NOT EXISTS (
    SELECT 1 FROM catalogue_product product
    LEFT JOIN catalogue_category category ON category.id = product.category_id
    WHERE product.id = there.product_id
      AND (product.translations ? there.language OR category.translations ? there.language));
  WITH texts AS MATERIALIZED (
    SELECT said.*, (
      SELECT array_agg('=' || lower(variant.sku)) FROM catalogue_variant variant
      WHERE variant.product_id = said.product_id AND variant.sku <> '') AS skus
    FROM catalogue_texts_of(products) said
  ), words AS (
    INSERT INTO catalogue_searchword (word)
    SELECT DISTINCT word
    FROM texts, regexp_split_to_table(catalogue_spaced(title || ' ' || keywords), '\s+') AS word
    WHERE length(word) BETWEEN 3 AND 40 AND word !~ '[0-9]'
      AND NOT EXISTS (SELECT 1 FROM catalogue_searchword known WHERE known.word = word.word)
    ORDER BY word
    ON CONFLICT DO NOTHING
  )
  INSERT INTO catalogue_searchdocument AS there (product_id, language, vector)
  SELECT product_id, language,
    catalogue_vector(title, 'A', true) || catalogue_vector(keywords, 'B', true)
      || catalogue_vector(body, 'C', false) || coalesce(array_to_tsvector(skus), '')
  FROM texts ORDER BY product_id, language
  ON CONFLICT (product_id, language) DO UPDATE SET vector = EXCLUDED.vector
    WHERE there.vector IS DISTINCT FROM EXCLUDED.vector;
END $$;

-- The option values that the variants of these products have, as facets name them, and what they
-- are called in other languages: {"zh-hans": "…"}.
CREATE OR REPLACE FUNCTION catalogue_values_of(products bigint[])
RETURNS TABLE (variant_id bigint, product_id bigint, name text, value text, labels jsonb)
LANGUAGE sql STABLE AS $$
  SELECT variant.id, variant.product_id, left(lower(btrim(named.name)), 100), left(chosen.value, 200),
    CASE WHEN variant.translations = '{}' THEN NULL ELSE (
      SELECT jsonb_object_agg(language, texts -> 'option_values' -> (chosen.place::int - 1))
      FROM jsonb_each(variant.translations) AS said(language, texts)
      WHERE texts -> 'option_values' ->> (chosen.place::int - 1) <> '') END
  FROM catalogue_variant variant
  JOIN (
    SELECT option.product_id, option.name, row_number() OVER (
      PARTITION BY option.product_id ORDER BY option.position, option.id) AS place
    FROM catalogue_option option WHERE option.product_id = ANY (products)
  ) named ON named.product_id = variant.product_id
  CROSS JOIN LATERAL jsonb_array_elements_text(
    CASE jsonb_typeof(variant.option_values) WHEN 'array' THEN variant.option_values ELSE '[]' END
  ) WITH ORDINALITY AS chosen(value, place)
  WHERE variant.product_id = ANY (products) AND chosen.place = named.place AND chosen.value <> ''
$$;

-- What options and their values are called in other languages. Where products differ, the one
-- counts that was written last; of those written together, the newest.
CREATE OR REPLACE FUNCTION catalogue_refresh_labels(products bigint[]) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO catalogue_facetvalue AS there (name, value, labels)
  SELECT name, value, labels
  FROM (
    SELECT name, value, jsonb_object_agg(language, label ORDER BY place) AS labels
    FROM (
      SELECT wanted.name, wanted.value, wanted.labels, wanted.variant_id AS place
      FROM catalogue_values_of(products) wanted
      UNION ALL
      SELECT left(lower(btrim(option.name)), 100), '', (
        SELECT jsonb_object_agg(language, texts -> 'name')
        FROM jsonb_each(option.translations) AS said(language, texts)
        WHERE texts ->> 'name' <> ''), option.id
      FROM catalogue_option option
      WHERE option.product_id = ANY (products) AND option.translations <> '{}'
    ) AS each(name, value, labels, place)
    CROSS JOIN LATERAL jsonb_each(each.labels) AS said(language, label)
    GROUP BY name, value
  ) wanted
  WHERE NOT EXISTS (
    SELECT 1 FROM catalogue_facetvalue known
    WHERE known.name = wanted.name AND known.value = wanted.value AND known.labels @> wanted.labels)
  ORDER BY name, value
  ON CONFLICT (name, value) DO UPDATE SET labels = there.labels || EXCLUDED.labels
$$;

CREATE OR REPLACE FUNCTION catalogue_refresh_values(products bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF products IS NULL THEN
    RETURN;
  END IF;
  INSERT INTO catalogue_facetvalue (name, value, labels)
  SELECT DISTINCT wanted.name, wanted.value, '{}'::jsonb FROM catalogue_values_of(products) wanted
  WHERE NOT EXISTS (
    SELECT 1 FROM catalogue_facetvalue known
    WHERE known.name = wanted.name AND known.value = wanted.value)
  ORDER BY 1, 2
  ON CONFLICT DO NOTHING;
  DELETE FROM catalogue_variantvalue there
  WHERE there.product_id = ANY (products) AND NOT EXISTS (
    SELECT 1 FROM catalogue_values_of(products) wanted
    JOIN catalogue_facetvalue known ON known.name = wanted.name AND known.value = wanted.value
    WHERE wanted.variant_id = there.variant_id AND wanted.product_id = there.product_id
      AND known.id = there.value_id);
  INSERT INTO catalogue_variantvalue (variant_id, product_id, value_id)
  SELECT wanted.variant_id, wanted.product_id, known.id
  FROM catalogue_values_of(products) wanted
  JOIN catalogue_facetvalue known ON known.name = wanted.name AND known.value = wanted.value
  WHERE NOT EXISTS (
    SELECT 1 FROM catalogue_variantvalue there
    WHERE there.variant_id = wanted.variant_id AND there.value_id = known.id)
  ON CONFLICT DO NOTHING;
  PERFORM catalogue_refresh_labels(products) WHERE EXISTS (
    SELECT 1 FROM catalogue_variant WHERE product_id = ANY (products) AND translations <> '{}'
    UNION ALL
    SELECT 1 FROM catalogue_option WHERE product_id = ANY (products) AND translations <> '{}');
END $$;

-- Adds to the versions of the lists of these categories.
CREATE OR REPLACE FUNCTION catalogue_lists_changed(categories bigint[]) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO catalogue_listchange (category_id, at)
  SELECT DISTINCT category, now() FROM unnest(categories) AS category WHERE category IS NOT NULL
$$;

CREATE OR REPLACE FUNCTION catalogue_lists_of_changed(products bigint[]) RETURNS void
LANGUAGE sql AS $$
  SELECT catalogue_lists_changed(array_agg(DISTINCT category_id))
  FROM catalogue_product WHERE id = ANY (products)
$$;

CREATE OR REPLACE FUNCTION catalogue_product_written() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE products bigint[];
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM catalogue_searchdocument WHERE product_id IN (SELECT id FROM changed);
    PERFORM catalogue_lists_changed(array_agg(DISTINCT category_id)) FROM changed;
    RETURN NULL;
  ELSIF TG_OP = 'UPDATE' THEN
    SELECT array_agg(now.id) INTO products FROM changed now JOIN was USING (id)
    WHERE (now.title, now.vendor, now.description_text, now.category_id, now.translations)
      IS DISTINCT FROM
      (was.title, was.vendor, was.description_text, was.category_id, was.translations);
    PERFORM catalogue_lists_changed(array_agg(DISTINCT list.category_id))
    FROM changed now JOIN was USING (id)
    CROSS JOIN LATERAL (VALUES (now.category_id), (was.category_id)) AS list(category_id)
    WHERE (now.vendor, now.category_id, now.is_published)
      IS DISTINCT FROM (was.vendor, was.category_id, was.is_published);
  ELSE
    SELECT array_agg(id) INTO products FROM changed;
    PERFORM catalogue_lists_changed(array_agg(DISTINCT category_id)) FROM changed;
  END IF;
  PERFORM catalogue_refresh_documents(products);
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION catalogue_category_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM catalogue_refresh_documents(array_agg(product.id))
  FROM changed now JOIN was USING (id) JOIN catalogue_product product ON product.category_id = now.id
  WHERE (now.name, now.translations) IS DISTINCT FROM (was.name, was.translations);
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION catalogue_tag_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM catalogue_refresh_documents(array_agg(DISTINCT link.product_id))
  FROM changed now JOIN was USING (id) JOIN catalogue_product_tags link ON link.tag_id = now.id
  WHERE now.name <> was.name;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION catalogue_product_tags_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM catalogue_refresh_documents(array_agg(DISTINCT product_id)) FROM changed;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION catalogue_product_storefronts_written() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM catalogue_lists_of_changed(array_agg(DISTINCT product_id)) FROM changed;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION catalogue_option_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM catalogue_refresh_values(array_agg(DISTINCT product_id)),
    catalogue_lists_of_changed(array_agg(DISTINCT product_id)) FROM changed;
  IF TG_OP = 'UPDATE' THEN
    PERFORM catalogue_refresh_values(array_agg(DISTINCT product_id)),
      catalogue_lists_of_changed(array_agg(DISTINCT product_id)) FROM was;
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION catalogue_variant_written() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE named bigint[]; valued bigint[]; counted bigint[];
BEGIN
  IF TG_OP = 'UPDATE' THEN
    SELECT
      array_agg(DISTINCT product.id) FILTER (
        WHERE now.sku <> was.sku OR now.product_id <> was.product_id),
      array_agg(DISTINCT product.id) FILTER (
        WHERE (now.option_values, now.translations, now.product_id)
          IS DISTINCT FROM (was.option_values, was.translations, was.product_id)),
      array_agg(DISTINCT product.id) FILTER (
        WHERE (now.option_values, now.product_id, now.price, now.available, now.reduced)
          IS DISTINCT FROM
          (was.option_values, was.product_id, was.price, was.available, was.reduced))
    INTO named, valued, counted
    FROM changed now JOIN was USING (id)
    CROSS JOIN LATERAL (VALUES (now.product_id), (was.product_id)) AS product(id);
  ELSE
    SELECT array_agg(DISTINCT product_id) FILTER (WHERE sku <> ''), array_agg(DISTINCT product_id)
      INTO named, counted FROM changed;
    IF TG_OP = 'DELETE' THEN
      DELETE FROM catalogue_variantvalue WHERE variant_id IN (SELECT id FROM changed);
    ELSE
      valued := counted;
    END IF;
  END IF;
  PERFORM catalogue_refresh_documents(named);
  PERFORM catalogue_refresh_values(valued);
  IF counted IS NOT NULL THEN
    PERFORM catalogue_lists_of_changed(counted);
  END IF;
  RETURN NULL;
END $$;

DO $$
DECLARE place record;
BEGIN
  FOR place IN
    SELECT * FROM (VALUES
      ('catalogue_product', 'INSERT'), ('catalogue_product', 'UPDATE'),
      ('catalogue_product', 'DELETE'),
      ('catalogue_category', 'UPDATE'), ('catalogue_tag', 'UPDATE'),
      ('catalogue_product_tags', 'INSERT'), ('catalogue_product_tags', 'DELETE'),
      ('catalogue_product_storefronts', 'INSERT'), ('catalogue_product_storefronts', 'DELETE'),
      ('catalogue_option', 'INSERT'), ('catalogue_option', 'UPDATE'),
      ('catalogue_option', 'DELETE'),
      ('catalogue_variant', 'INSERT'), ('catalogue_variant', 'UPDATE'),
      ('catalogue_variant', 'DELETE')
    ) AS places(name, event)
  LOOP
    EXECUTE format(
      'CREATE OR REPLACE TRIGGER derive_on_%s AFTER %s ON %I REFERENCING %s '
      'FOR EACH STATEMENT EXECUTE FUNCTION %I()',
      lower(place.event), place.event, place.name,
      CASE place.event
        WHEN 'INSERT' THEN 'NEW TABLE AS changed'
        WHEN 'DELETE' THEN 'OLD TABLE AS changed'
        ELSE 'OLD TABLE AS was NEW TABLE AS changed'
      END,
      place.name || '_written');
  END LOOP;
END $$;
