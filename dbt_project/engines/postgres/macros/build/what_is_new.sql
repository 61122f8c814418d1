{#- One sentence: what this build has to take up. -#}
{% macro what_is_new() %}
    {% set counts = [] %}
    {% for table in document_tables() %}
        {% do counts.append(
            "(select count(*) from " ~ table ~ " where document_id <= run.documents_upto and document_id > model.documents_upto)"
        ) %}
    {% endfor %}
    {% set row = run_query(
        "select model.count, model.changed_count, " ~ counts | join(" + ") ~ " from (select " ~ of_current_build("documents_upto") ~ " as documents_upto) as run"
        ~ " cross join ("
        ~ "     select"
        ~ "         count(*) as count,"
        ~ "         count(*) filter (where definition is distinct from " ~ of_current_build("definitions") ~ " ->> model) as changed_count,"
        ~ "         coalesce(min(documents_upto), 0) as documents_upto"
        ~ "     from " ~ build_schema() ~ ".model_state"
        ~ "     where " ~ of_current_build("definitions") ~ " ->> model is not null"
        ~ " ) as model"
    ).rows[0] %}
    {% set documents = row[2] ~ " new document" ~ ("s" if row[2] != 1) %}
    {% if deferred_environment() %}
        {% set sentence = "everything that is selected, on what " ~ deferred_environment() ~ " has taken up" %}
    {% elif flags.FULL_REFRESH or row[0] == 0 %}
        {% set sentence = "everything, of " ~ row[2] ~ " documents" if row[0] == 0 else "everything" %}
    {% elif row[1] > 0 %}
        {% set sentence = "a changed rule (" ~ row[1] ~ " model" ~ ("s" if row[1] != 1) ~ ")" ~ (", " ~ documents if row[2] > 0) %}
    {% else %}
        {% set sentence = documents if row[2] > 0 else "nothing new" %}
    {% endif %}
    {{ return("Building " ~ target.schema ~ ": " ~ sentence) }}
{% endmacro %}
