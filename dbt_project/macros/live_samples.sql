{#-
    Whether a live sample counts; one that does not counts as if it had not arrived. True or false, never NULL. `sample`
    is a relation with measured_utc (NULL: an impossible instant), power_kw and quality (NULL: not stated).
-#}
{% macro live_sample_counts(sample) -%}
    {{ sample }}.measured_utc is not null
    and {{ sample }}.power_kw is not null
    and coalesce({{ sample }}.quality >= {{ var("live_min_quality") }}, true)
{%- endmacro %}
