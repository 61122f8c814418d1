{#- What the current build sees, and what is new in it for a model. -#}

{#- The documents that the current build sees: a condition on document_id. -#}
{% macro is_in_build() -%}
    document_id <= {{ build_sees_upto() }}
    and {{ is_not_retracted(build_sees_upto()) }}
{%- endmacro %}

{#- How far the current build sees: a document_id. -#}
{% macro build_sees_upto() -%}
    {{ of_current_build("documents_upto") }}
{%- endmacro %}

{#- What is recorded of the current build or, if none runs, of the last one. -#}
{% macro of_current_build(column) -%}
    (
        select builds.{{ column }}
        from {{ build_schema() }}.run as builds
        order by builds.build_number desc
        limit 1
    )
{%- endmacro %}

{#- The instants of the current build: a relation with one row. -#}
{% macro clock_of_build() -%}
    (
        select
            builds.as_of_utc,
            builds.extracted_utc
        from {{ build_schema() }}.run as builds
        order by builds.build_number desc
        limit 1
    )
{%- endmacro %}

{#- A condition on document_id: no retraction up to this one names it. -#}
{% macro is_not_retracted(upto) -%}
    document_id not in (
        select retractions.retracted_document_id
        from {{ ref("stg_extract__retractions") }} as retractions
        where retractions.document_id <= {{ upto }}
    )
{%- endmacro %}

{#- The documents, from any source, that were retracted since a model last took part in a build. -#}
{% macro retracted_since(model_name) %}
    select retractions.retracted_document_id as document_id
    from {{ ref("stg_extract__retractions") }} as retractions
    where
        {{ is_new_to(model_name, "retractions.document_id") }}
{% endmacro %}

{#- A condition on a document_id: this build sees it, and a model has not taken it up. -#}
{% macro is_new_to(model_name, document_id="document_id") -%}
    {{ document_id }} > {{ read_upto(model_name) }}
    and {{ document_id }} <= {{ build_sees_upto() }}
{%- endmacro %}

{#- How far a model has read: a document_id, 0 before its first build. -#}
{% macro read_upto(model_name) -%}
    {{ of_last_build(model_name, "documents_upto", 0) }}
{%- endmacro %}

{#- What is recorded of the last build that a model took part in; before its first, `otherwise`. -#}
{% macro of_last_build(model_name, column, otherwise) -%}
    coalesce(
        (
            select states.{{ column }}
            from {{ build_schema() }}.model_state as states
            where states.model = '{{ model_name }}'
        ),
        {{ otherwise }}
    )
{%- endmacro %}

{#-
    For a model int_<table>_affected: what another table has changed since that table's last build. Columns key,
    from_utc, to_utc.
-#}
{% macro changes_of(changed_model, key_name="asset_id") %}
    {#- dbt has to know that it comes first. -#}
    {%- do ref(changed_model) -%}
    select
        change.key,
        change.from_utc,
        change.to_utc
    from {{ all_changes() }} as change
    where
        {{ is_change_for(affected_table(), changed_model) }}
        and change.key_name = '{{ key_name }}'
{% endmacro %}

{#- A condition on a row `change`: a model changed it, and another has not taken it up. -#}
{% macro is_change_for(model_name, changed_model) -%}
    change.model = '{{ changed_model }}'
    and change.build_number > {{ of_last_build(model_name, "build_number", 0) }}
{%- endmacro %}

{#- The table that a model int_<table>_affected is about. -#}
{% macro affected_table() %}
    {% set name = model.name | replace("_affected", "") %}
    {% set names = graph.get("nodes", {}).values() | map(attribute="name") | list %}
    {{ return(name if name in names else name.removeprefix("int_")) }}
{% endmacro %}

{#- What builds recorded as changed. -#}
{% macro all_changes() -%}
    {{ build_schema() }}.change
{%- endmacro %}
