{#- What comes before and after the statements of every model, in one transaction with them. -#}

{#- A hook: refuses what must not be built, and says what of a table is affected. -#}
{% macro before_model() %}
    {% if execute and model.resource_type == "model" %}
        {% do hold_build() %}
        {% do refuse_configuration() %}
        {% if model.config.materialized == "incremental" %}
            {% do refuse_models_left_behind() %}
            {% if load_cached_relation(this) is not none and model.columns %}
                {% do refuse_unknown_columns(this) %}
            {% endif %}
            -- The planner cannot know how few values a slice of an array has; compiling for what it fears costs seconds.
            set local jit = off;
            set local work_mem = '64MB';
            set local hash_mem_multiplier = 4;
            {% if is_incremental() %}
                {{ make_affected(model) }}
            {% endif %}
        {% endif %}
    {% endif %}
{% endmacro %}

{#- A hook: commits with the rows what the model has taken up. -#}
{% macro after_model() %}
    {% if execute and model.resource_type == "model" %}
        {% do refuse_moved_deferral() %}
        {% if model.config.materialized == "incremental" and load_cached_relation(this) is none %}
            {% if not model.config.contract.enforced and key_of(model) %}
                alter table {{ this }} add primary key ({{ key_of(model) | join(", ") }});
            {% endif %}
            {{ record_made_anew(model) }};
        {% endif %}
        {{ record_model_state(model) }}
    {% endif %}
{% endmacro %}

{#- Refuses what dbt would do to a relation that others have built on. -#}
{% macro refuse_configuration() %}
    {% set existing = load_cached_relation(this) %}
    {% set wanted = {"incremental": "table", "view": "view"}.get(model.config.materialized) %}
    {% if not wanted %}
        {{ exceptions.raise_compiler_error(
            model.name ~ ": materialized as " ~ model.config.materialized ~ ", which dbt drops and makes again, with all that "
            ~ "others built on it: take incremental or view"
        ) }}
    {% elif existing is not none and existing.type != wanted %}
        {{ exceptions.raise_compiler_error(
            existing.include(database=false) ~ ": is a " ~ existing.type ~ " where a " ~ wanted ~ " is to be; drop it yourself "
            ~ "(drop " ~ existing.type ~ " " ~ existing.include(database=false) ~ " cascade) and build again"
        ) }}
    {% elif wanted == "table" and not key_of(model) %}
        {{ exceptions.raise_compiler_error(model.name ~ ": a table that is kept needs a unique_key, the columns of its key") }}
    {% elif model.config.grants %}
        {{ exceptions.raise_compiler_error(
            model.name ~ ": dbt's grants would take away what others have given: grant it yourself, it stays"
        ) }}
    {% endif %}
{% endmacro %}
