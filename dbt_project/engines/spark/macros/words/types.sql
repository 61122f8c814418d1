{#- How Spark names types. -#}

{#- A value as a double: 64 bits, like every power and energy. -#}
{% macro double(value) -%}
    double({{ value }})
{%- endmacro %}

{#- A thousand times the decimal number in a text, as the nearest double: 1.1 MW are 1100 kW. -#}
{% macro thousandfold(text) -%}
    double(concat({{ text }}, 'e3'))
{%- endmacro %}

{#- A calendar day as text: YYYY-MM-DD. -#}
{% macro text_of_date(day) -%}
    cast({{ day }} as string)
{%- endmacro %}

{#- A calendar day as written in a sentence: 9 June. -#}
{% macro day_and_month(day) -%}
    date_format({{ day }}, 'd MMMM')
{%- endmacro %}

{#- Text compared byte by byte, as Spark always compares text. -#}
{% macro bytewise(text) -%}
    {{ text }}
{%- endmacro %}
