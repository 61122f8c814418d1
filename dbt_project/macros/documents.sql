{#- How PostgreSQL reads what a document holds: arrays, JSON and addresses. -#}

{#- The elements of a JSON array, one row each, as columns `element` and `position` (from 1) of `name`. -#}
{% macro each_json_element(array, name) -%}
    jsonb_array_elements({{ array }}) with ordinality as {{ name }} (element, position)
{%- endmacro %}

{#-
    The elements of arrays of equal length side by side, one row each: the columns of `name` that `arrays` calls them,
    and `position` (from 1). A long array is read once; to take an element by its position reads all of it each time.
    In a subquery, as dbt's unit tests would take `with` for the beginning of a CTE.
-#}
{% macro each_array_element(arrays, name) -%}
    (
        select
            {{ arrays.keys() | join(", ") }},
            position::integer as position
        from unnest({{ arrays.values() | join(", ") }})
            with ordinality as element ({{ arrays.keys() | join(", ") }}, position)
    ) as {{ name }}
{%- endmacro %}

{#- A value inside a JSON document as text; a path is a list of keys. NULL where there is none. -#}
{% macro json_text(document, path) -%}
    ({{ document }} #>> '{% raw %}{{% endraw %}{{ path | join(",") }}{% raw %}}{% endraw %}')
{%- endmacro %}

{#- A JSON object inside a document without the keys that have columns of their own; NULL where there is no object. -#}
{% macro json_object_without(document, key, removed_keys) -%}
    case
        when jsonb_typeof({{ document }} -> '{{ key }}') = 'object'
            then ({{ document }} -> '{{ key }}'){% for removed_key in removed_keys %} - '{{ removed_key }}'{% endfor %}
    end
{%- endmacro %}

{#- The last part of an address. -#}
{% macro file_name(uri) -%}
    regexp_replace({{ uri }}, '^.*/', '')
{%- endmacro %}
