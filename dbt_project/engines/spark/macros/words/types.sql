{#- How Spark names types. -#}

{#- A value as a double: 64 bits, as every power and energy. -#}
{% macro double(value) -%}
    double({{ value }})
{%- endmacro %}

{#- A text that holds a decimal number, with its digits: 20 before the point and 18 after it. -#}
{% macro decimal(text) -%}
    cast({{ text }} as decimal(38, 18))
{%- endmacro %}

{#- A calendar day as text: YYYY-MM-DD. -#}
{% macro text_of_date(day) -%}
    cast({{ day }} as string)
{%- endmacro %}

{#- Text compared byte by byte: Spark compares no text in another way. -#}
{% macro bytewise(text) -%}
    {{ text }}
{%- endmacro %}
