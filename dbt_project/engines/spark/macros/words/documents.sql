{#- How Spark reads what a document holds: arrays, and JSON as text. -#}

{#- The elements of a JSON array, one row each, as columns `element` and `position` (from 1) of `name`. -#}
{% macro each_json_element(array, name) -%}
    {#- Spark would turn what it cannot read into an empty array. #}
    {%- set elements = "coalesce(from_json(" ~ array ~ ", 'array<string>'), "
        ~ "cast(raise_error('a JSON document has a number that Spark cannot read') as array<string>))" -%}
    inline(arrays_zip({{ elements }}, {{ positions(elements) }})) as {{ name }} (element, position)
{%- endmacro %}

{#- The positions of an array's elements, from 1. -#}
{% macro positions(array) -%}
    transform({{ array }}, (element, number) -> number + 1)
{%- endmacro %}

{#-
    The elements of arrays of equal length side by side, one row each: as columns of `name`, named by `arrays`, and
    `position` (from 1).
-#}
{% macro each_array_element(arrays, name) -%}
    inline(arrays_zip({{ arrays.values() | join(", ") }}, {{ positions(arrays.values() | first) }}))
        as {{ name }} ({{ arrays | join(", ") }}, position)
{%- endmacro %}

{#- The element of an array at a position (from 1); NULL if there is none. -#}
{% macro element(array, position) -%}
    get({{ array }}, {{ position }} - 1)
{%- endmacro %}

{#- How many elements an array has. -#}
{% macro element_count(array) -%}
    cardinality({{ array }})
{%- endmacro %}

{#- The elements of an array from one position (from 1) to another, both included. -#}
{% macro array_slice(array, first, last) -%}
    slice({{ array }}, {{ first }}, 1 + {{ last }} - ({{ first }}))
{%- endmacro %}

{#- The values of a group as an array in a fixed order, null values included. -#}
{% macro array_in_order(value, order_by) -%}
    transform(array_sort(collect_list(struct({{ order_by }} as place, {{ value }} as value))), row -> row.value)
{%- endmacro %}

{#-
    How far apart two arrays are: the mean absolute difference of the elements at the same positions, where both have a
    value, the first array's times a factor; NULL if there is no such pair.
-#}
{% macro mean_distance(array, other, factor=1) -%}
    aggregate(
        filter(
            zip_with({{ array }}, {{ other }}, (element, other_element) -> abs({{ factor }} * element - other_element)),
            distance -> distance is not null
        ),
        named_struct('total', 0D, 'pair_count', 0L),
        (sum, distance) -> named_struct('total', sum.total + distance, 'pair_count', sum.pair_count + 1L),
        sum -> sum.total / nullif(sum.pair_count, 0L)
    )
{%- endmacro %}

{#- A value inside a JSON document as text; a path is a list of keys. NULL if there is none. -#}
{% macro json_text(document, path) -%}
    get_json_object({{ document }}, '$.{{ path | join(".") }}')
{%- endmacro %}

{#- A JSON object inside a document, without the keys that have their own columns; NULL if there is no object. -#}
{% macro json_object_without(document, key, removed_keys) -%}
    to_json(
        map_filter(
            from_json({{ json_text(document, [key]) }}, 'map<string, variant>'),
            (name, value) -> name not in ('{{ removed_keys | join("', '") }}')
        )
    )
{%- endmacro %}
