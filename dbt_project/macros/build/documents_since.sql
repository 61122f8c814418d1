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

{#- What is recorded of the current build; where none runs, of the last one. -#}
{% macro of_current_build(column) -%}
    (
        select builds.{{ column }}
        from {{ source("build", "run") }} as builds
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

{#-
    The documents that the current build sees differently than a model did when it last took part in one: those that
    have landed since, and those that were retracted since. `documents` is a relation with document_id.
-#}
{% macro changed_documents(model_name, documents) %}
    select documents.document_id
    from {{ documents }} as documents
    where
        documents.document_id > {{ read_upto(model_name) }}
        and documents.document_id <= {{ build_sees_upto() }}
    union all
    {{ retracted_since(model_name) }}
{% endmacro %}

{#- The documents, of whatever stream, that were retracted since a model last took part in a build. -#}
{% macro retracted_since(model_name) %}
    select retractions.retracted_document_id as document_id
    from {{ ref("stg_extract__retractions") }} as retractions
    where
        retractions.document_id > {{ read_upto(model_name) }}
        and retractions.document_id <= {{ build_sees_upto() }}
{% endmacro %}

{#- How far a model has read: a document_id, 0 before its first build. -#}
{% macro read_upto(model_name) -%}
    {{ of_last_build(model_name, "documents_upto", 0) }}
{%- endmacro %}

{#- The gate closure in minutes that a model was built with. -#}
{% macro built_with_gate_closure_minutes(model_name) -%}
    {{ of_last_build(model_name, "gate_closure_minutes", var("gate_closure_minutes")) }}
{%- endmacro %}

{#- What is recorded of the last build that a model took part in; before its first, `otherwise`. -#}
{% macro of_last_build(model_name, column, otherwise) -%}
    coalesce(
        (
            select states.{{ column }}
            from {{ source("build", "model_state") }} as states
            where states.model = '{{ model_name }}'
        ),
        {{ otherwise }}
    )
{%- endmacro %}

{#- What builds changed in some models since another model took part in one: columns key, from_utc, to_utc. -#}
{% macro changes_since(model_name, key_name, changed_models) %}
    {%- for changed_model in changed_models -%}
        {#- dbt has to know that these come first. -#}
        {%- do ref(changed_model) -%}
    {%- endfor %}
    select
        change.key,
        change.from_utc,
        change.to_utc
    from {{ source("build", "change") }} as change
    where
        change.model in ('{{ changed_models | join("', '") }}')
        and change.key_name = '{{ key_name }}'
        and change.build_number > {{ of_last_build(model_name, "build_number", 0) }}
{% endmacro %}

{#-
    All quarter-hours between the first and the last that a build has to compute: conditions that reach the indexes of
    what is read. Which of them are meant in between, a join with `affected` says.
-#}
{% macro is_between_affected(instant) -%}
    {{ instant }} >= (select min(ranges.from_utc) from affected as ranges)
    and {{ instant }} < (select max(ranges.to_utc) from affected as ranges)
{%- endmacro %}
