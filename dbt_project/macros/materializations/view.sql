{#-
    A view that is replaced in place. dbt's own is dropped with everything that depends on it, on every run: views that
    consumers made, and grants, would be gone. A view whose definition did not change is left alone.
-#}
{% materialization view, adapter="postgres" %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type="view") -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% do hold_build() %}

    {% if existing is not none and existing.type != "view" %}
        {{ exceptions.raise_compiler_error(
            existing.include(database=false) ~ ": is a " ~ existing.type ~ " where a view is to be; drop it yourself "
            ~ "(drop " ~ existing.type ~ " " ~ existing.include(database=false) ~ " cascade) and build again"
        ) }}
    {% endif %}

    {%- set is_current = (
        existing is not none
        and is_built_as_defined(model)
        and not should_full_refresh()
    ) -%}
    {# What readers see is looked at on every build; what only builds see, when it changes. #}
    {% if existing is not none and (config.get("contract").enforced or not is_current) %}
        {% do refuse_other_columns(existing) %}
    {% endif %}

    {% if is_current %}
        {% call noop_statement("main", "UNCHANGED") %}
            {{ sql }}
        {% endcall %}
    {% else %}
        {% if config.get("contract").enforced %}
            {{ get_assert_columns_equivalent(sql) }}
        {% endif %}
        {% call statement("main") %}
            create or replace view {{ target }} as
            {{ sql }}
        {% endcall %}
        {% do persist_docs(target, model) %}
    {% endif %}
    {% do refuse_moved_deferral() %}
    {% do run_query(record_model_state(model)) %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}
