{#- How PostgreSQL names types, and what it does with them that others do not. -#}

{#- A value as a double: 64 bits, as every power and energy. -#}
{% macro double(value) -%}
    ({{ value }})::double precision
{%- endmacro %}

{#- A text that holds a decimal number, with all its digits. -#}
{% macro decimal(text) -%}
    ({{ text }})::numeric
{%- endmacro %}

{#- A calendar day as text: YYYY-MM-DD. -#}
{% macro text_of_date(day) -%}
    to_char({{ day }}, 'YYYY-MM-DD')
{%- endmacro %}

{#- Text compared byte by byte, whatever the collation of the database. -#}
{% macro bytewise(text) -%}
    {{ text }} collate "C"
{%- endmacro %}
