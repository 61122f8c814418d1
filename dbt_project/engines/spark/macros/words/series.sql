{#- How Spark writes rows that no table holds: series, and rows written out. -#}

{#- The whole numbers from one to another, both included, one row each: the column `position` of `name`. -#}
{% macro each_position(first, last, name) -%}
    explode({{ sequence_upwards(first, last) }}) as {{ name }} (position)
{%- endmacro %}

{#- Spark's sequence counts down if the first is greater; ours is then empty. -#}
{% macro sequence_upwards(first, last, step=none) -%}
    if({{ first }} <= {{ last }}, sequence({{ first }}, {{ last }}{% if step %}, {{ step }}{% endif %}), array())
{%- endmacro %}

{#- The quarter-hours of a half-open range on the grid, one row each: the column `delivery_start_utc` of `name`. -#}
{% macro each_quarter_hour(from_instant, to_instant, name) -%}
    explode({{ sequence_upwards(from_instant, to_instant ~ " - interval '15 minutes'", "interval '15 minutes'") }})
        as {{ name }} (delivery_start_utc)
{%- endmacro %}

{#- The calendar days from one to another, both included, one row each: the column `delivery_date` of `name`. -#}
{% macro each_day(first_day, last_day, name) -%}
    explode({{ sequence_upwards(first_day, last_day, "interval '1 day'") }}) as {{ name }} (delivery_date)
{%- endmacro %}

{#- Rows written out: for each, the expressions of its `columns`. -#}
{% macro each_row(rows, columns, name) -%}
    inline(
        array(
            {%- for row in rows %}
                named_struct(
                    {%- for value in row %}
                        '{{ columns[loop.index0] }}', {{ value }}{{ "," if not loop.last }}
                    {%- endfor %}
                ){{ "," if not loop.last }}
            {%- endfor %}
        )
    ) as {{ name }} ({{ columns | join(", ") }})
{%- endmacro %}
