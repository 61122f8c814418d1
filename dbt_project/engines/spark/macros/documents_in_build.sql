{#- What a build sees: the lake up to its snapshot, which the views of raw are cut off at. -#}

{% macro is_in_build() -%}
    {{ is_not_retracted(build_sees_upto()) }}
{%- endmacro %}

{% macro build_sees_upto() -%}
    (select snapshot.documents_upto from {{ environment_schema("raw") }}.snapshot as snapshot)
{%- endmacro %}

{% macro read_upto(model_name) -%} 0 {%- endmacro %}

{#- The instants of the build: a relation with one row. -#}
{% macro clock_of_build() -%}
    (
        select
            max(documents.received_utc) as as_of_utc,
            max(snapshot.extracted_utc) as extracted_utc
        from {{ environment_schema("raw") }}.snapshot as snapshot
        left join {{ source("raw", "document") }} as documents on {{ is_not_retracted(build_sees_upto()) }}
    )
{%- endmacro %}

{#- A condition on document_id: no retraction names it. -#}
{% macro is_not_retracted(upto) -%}
    document_id not in (
        select retractions.retracted_document_id
        from {{ ref("stg_extract__retractions") }} as retractions
    )
{%- endmacro %}
