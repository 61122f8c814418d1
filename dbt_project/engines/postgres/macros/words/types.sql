{#- How PostgreSQL names types, and what only it does with them. -#}

{#- A value as a double: 64 bits, like every power and energy. -#}
{% macro double(value) -%}
    ({{ value }})::double precision
{%- endmacro %}

{#- A thousand times the decimal number in a text, as the nearest double: 1.1 MW are 1100 kW. -#}
{% macro thousandfold(text) -%}
    (({{ text }})::numeric * 1000)::double precision
{%- endmacro %}

{#- A calendar day as text: YYYY-MM-DD. -#}
{% macro text_of_date(day) -%}
    to_char({{ day }}, 'YYYY-MM-DD')
{%- endmacro %}

{#- A calendar day as written in a sentence: 9 June. -#}
{% macro day_and_month(day) -%}
    to_char({{ day }}, 'FMDD FMMonth')
{%- endmacro %}

{#- Text compared byte by byte, whatever the collation of the database. -#}
{% macro bytewise(text) -%}
    {{ text }} collate "C"
{%- endmacro %}
