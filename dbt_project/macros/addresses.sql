{#- The last part of an address. -#}
{% macro file_name(uri) -%}
    regexp_replace({{ uri }}, '^.*/', '')
{%- endmacro %}
