{#-
    dbt's own, for descriptions as comments: only those that differ are written, as each takes a lock that makes others'
    maintenance wait.
-#}
{% macro postgres__persist_docs(relation, model, for_relation, for_columns) %}
    {% set comments = {} %}
    {% for row in run_query(
        "select coalesce(attname, ''), description from pg_description left join pg_attribute on attrelid = objoid and attnum = objsubid"
        ~ " where classoid = 'pg_class'::regclass and objoid = '" ~ relation ~ "'::regclass and (objsubid = 0 or attnum > 0)"
    ).rows %}
        {% do comments.update({row[0]: row[1]}) %}
    {% endfor %}
    {% if for_relation and config.persist_relation_docs() and model.description and comments.get("") != model.description %}
        {% do run_query(alter_relation_comment(relation, model.description)) %}
    {% endif %}
    {% if for_columns and config.persist_column_docs() %}
        {% set changed = {} %}
        {% for name, column in model.columns.items() if column.description and comments.get(name) != column.description %}
            {% do changed.update({name: column}) %}
        {% endfor %}
        {% if changed %}
            {% do run_query(alter_column_comment(relation, changed)) %}
        {% endif %}
    {% endif %}
{% endmacro %}
