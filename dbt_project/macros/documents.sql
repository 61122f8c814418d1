{#- How PostgreSQL reads what a document holds: arrays, JSON and addresses. -#}

{#- The elements of a JSON array, one row each, as columns `element` and `position` (from 1) of `name`. -#}
{% macro each_json_element(array, name) -%}
    jsonb_array_elements({{ array }}) with ordinality as {{ name }} (element, position)
{%- endmacro %}

{#- The positions of an array, one row each, as the column `position` (from 1) of `name`. -#}
{% macro each_array_position(array, name) -%}
    generate_subscripts({{ array }}, 1) as {{ name }} (position)
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
