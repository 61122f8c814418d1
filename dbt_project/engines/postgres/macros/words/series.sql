{#- How PostgreSQL writes rows that no table holds: series, and rows written out. -#}

{#- The whole numbers from one to another, both included, one row each: the column `position` of `name`. -#}
{% macro each_position(first, last, name) -%}
    generate_series({{ first }}, {{ last }}) as {{ name }} (position)
{%- endmacro %}

{#- The quarter-hours of a half-open range on the grid, one row each: the column `delivery_start_utc` of `name`. -#}
{% macro each_quarter_hour(from_instant, to_instant, name) -%}
    generate_series(
        {{ from_instant }},
        {{ to_instant }} - interval '15 minutes',
        interval '15 minutes'
    ) as {{ name }} (delivery_start_utc)
{%- endmacro %}

{#- The calendar days from one to another, both included, one row each: the column `delivery_date` of `name`. -#}
{% macro each_day(first_day, last_day, name) -%}
    (
        select ({{ first_day }}) + later.day_count as delivery_date
        from generate_series(0, ({{ last_day }}) - ({{ first_day }})) as later (day_count)
    ) as {{ name }}
{%- endmacro %}

{#- Rows written out: for each, the expressions of its `columns`. -#}
{% macro each_row(rows, columns, name) -%}
    (
        values
        {%- for row in rows %}
        ({{ row | join(", ") }}){{ "," if not loop.last }}
        {%- endfor %}
    ) as {{ name }} ({{ columns | join(", ") }})
{%- endmacro %}
