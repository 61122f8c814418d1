{#- How PostgreSQL reads what a document holds: arrays and JSON. -#}

{#- The elements of a JSON array, one row each, as columns `element` and `position` (from 1) of `name`. -#}
{% macro each_json_element(array, name) -%}
    jsonb_array_elements({{ array }}) with ordinality as {{ name }} (element, position)
{%- endmacro %}

{#-
    The elements of arrays of equal length side by side, one row each: as columns of `name`, named by `arrays`, and
    `position` (from 1). Each array is read once, and no row is buffered; taking an element by its position would read
    the whole array each time.
-#}
{% macro each_array_element(arrays, name) -%}
    (
        select
            {%- for column, array in arrays.items() %}
                unnest({{ array }}) as {{ column }},
            {%- endfor %}
            generate_series(1, cardinality({{ arrays.values() | first }})) as position
        {#- sqlfluff sees that a subquery refers to its surroundings only if it has a `from`. #}
        from (values (1)) as once (number)
    ) as {{ name }}
{%- endmacro %}

{#- The element of an array at a position (from 1); NULL if there is none. -#}
{% macro element(array, position) -%}
    {{ array }}[{{ position }}]
{%- endmacro %}

{#- How many elements an array has. -#}
{% macro element_count(array) -%}
    cardinality({{ array }})
{%- endmacro %}

{#- The elements of an array from one position (from 1) to another, both included. -#}
{% macro array_slice(array, first, last) -%}
    {{ array }}[{{ first }}:{{ last }}]
{%- endmacro %}

{#- The values of a group as an array in a fixed order, null values included. -#}
{% macro array_in_order(value, order_by) -%}
    array_agg({{ value }} order by {{ order_by }})
{%- endmacro %}

{#-
    How far apart two arrays are: the mean absolute difference of the elements at the same positions, where both have a
    value, the first array's times a factor; NULL if there is no such pair.
-#}
{% macro mean_distance(array, other, factor=1) -%}
    (
        select avg(abs({{ factor }} * pair.element - pair.other_element))
        from unnest({{ array }}, {{ other }}) as pair (element, other_element)
    )
{%- endmacro %}

{#- A value inside a JSON document as text; a path is a list of keys. NULL if there is none. -#}
{% macro json_text(document, path) -%}
    ({{ document }} #>> '{% raw %}{{% endraw %}{{ path | join(",") }}{% raw %}}{% endraw %}')
{%- endmacro %}

{#- A JSON object inside a document, without the keys that have their own columns; NULL if there is no object. -#}
{% macro json_object_without(document, key, removed_keys) -%}
    case
        when jsonb_typeof({{ document }} -> '{{ key }}') = 'object'
            then ({{ document }} -> '{{ key }}'){% for removed_key in removed_keys %} - '{{ removed_key }}'{% endfor %}
    end
{%- endmacro %}
