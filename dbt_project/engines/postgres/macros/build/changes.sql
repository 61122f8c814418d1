{#-
    What a table has to recompute follows from the graph. Every kept table records what it changed: which quarter-hours
    of which asset or metering point. A table is affected by what its nearest kept parents changed since it last took
    part in a build, and by the documents, new or retracted, that it reads without a kept table in between: by
    convention, a model with the columns document_id, from_utc and to_utc says what each is about.

    If this is not enough, a model int_<table>_affected says what is affected, and the table reads it.
-#}

{#- The columns that can be the key of a change. -#}
{% macro change_keys() %}
    {{ return(["asset_id", "metering_point_id"]) }}
{% endmacro %}

{#- The columns that identify a row of a table. -#}
{% macro key_of(node) %}
    {% set key = node.config.unique_key or [] %}
    {{ return([key] if key is string else key) }}
{% endmacro %}

{#- The key column that says which quarter-hour, day or month a row is about, or none: then all are recomputed. -#}
{% macro grain_of(node) %}
    {% for column in ["delivery_start_utc", "delivery_day_utc", "delivery_month_utc", "delivery_date"] if column in key_of(node) %}
        {{ return(column) }}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}

{#-
    The key column by which a table is recomputed, or none: for all together, also if one of its parents does not say
    which asset it changed.
-#}
{% macro scope_of(node) %}
    {% if "found_scope" in node %}
        {{ return(node.found_scope) }}
    {% endif %}
    {% do node.update({"found_scope": none}) %}
    {% set parents = parents_of(node) %}
    {% for column in change_keys() if column in key_of(node) and grain_of(node) %}
        {% set silent = [] %}
        {% for parent in parents.tables + parents.documents if column not in columns_of(parent) and not parents.affected_by %}
            {% do silent.append(parent) %}
        {% endfor %}
        {% if not silent and not node.found_scope %}
            {% do node.update({"found_scope": column}) %}
        {% endif %}
    {% endfor %}
    {{ return(node.found_scope) }}
{% endmacro %}

{#- What a model is computed from: its nearest kept tables, and the documents that it reads without one in between. -#}
{% macro parents_of(node) %}
    {% if node.found_parents %}
        {{ return(node.found_parents) }}
    {% endif %}
    {% set parents = {"tables": [], "documents": [], "is_by_the_clock": false, "affected_by": none} %}
    {% set before = node.depends_on.nodes | list %}
    {# The list grows while it is read. #}
    {% for unique_id in before %}
        {% if unique_id in graph.sources %}
            {% if not graph.sources[unique_id].config.meta.get("is_note") %}
                {% do parents.documents.append(graph.sources[unique_id]) %}
            {% endif %}
        {% elif modules.re.match("int_.*_affected$", graph.nodes[unique_id].name) %}
            {% do parents.update({"affected_by": graph.nodes[unique_id]}) %}
        {% elif graph.nodes[unique_id].config.materialized == "incremental" %}
            {% do parents.tables.append(graph.nodes[unique_id]) %}
        {% elif "document_id" in graph.nodes[unique_id].columns and "from_utc" in graph.nodes[unique_id].columns %}
            {% do parents.documents.append(graph.nodes[unique_id]) %}
            {# What it says about documents replaces their source, but not whatever else it reads. #}
            {% do before.extend(graph.nodes[unique_id].depends_on.nodes | reject("in", before) | reject("in", graph.sources)) %}
        {% else %}
            {% if graph.nodes[unique_id].name == "int_clock" %}
                {% do parents.update({"is_by_the_clock": true}) %}
            {% endif %}
            {% do before.extend(graph.nodes[unique_id].depends_on.nodes | reject("in", before)) %}
        {% endif %}
    {% endfor %}
    {# Kept, as a model asks for them many times. #}
    {% do node.update({"found_parents": parents}) %}
    {{ return(parents) }}
{% endmacro %}

{#- A query of what affects a table: its scope, if it has one, from_utc, to_utc, in whole units of its grain. -#}
{% macro changes_for(node) %}
    {%- set scope = scope_of(node) -%}
    {%- set grain = grain_of(node) -%}
    {%- set parents = parents_of(node) -%}
    {%- set queries = [] -%}
    {%- if parents.affected_by -%}
        {%- set changes = "select * from " ~ parents.affected_by.relation_name -%}
        {%- do queries.append(in_whole_units(changes, scope, grain, "delivery_date" in columns_of(parents.affected_by))) -%}
    {%- else -%}
        {%- for table in parents.tables -%}
            {%- set changes = recorded_changes(node.alias, table, scope) -%}
            {%- do queries.append(in_whole_units(changes, scope, grain, grain == "delivery_date" == grain_of(table))) -%}
        {%- endfor -%}
        {%- for documents in parents.documents -%}
            {%- do queries.append(in_whole_units(document_changes(node.alias, documents, scope), scope, grain)) -%}
        {%- endfor -%}
        {%- if parents.is_by_the_clock -%}
            {%- do queries.append("select " ~ beginning_of_time() ~ " as from_utc, " ~ end_of_time() ~ " as to_utc") -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(queries | join(" union all ")) }}
{% endmacro %}

{#-
    The ranges of a query of changes, widened to whole units of a table's grain. A table by day records a day as the
    range it can span in any time zone: to another table by day, this is that day and no other.
-#}
{% macro in_whole_units(changes, scope, grain, is_of_days=false) %}
    {%- if is_of_days -%}
        {%- set bounds = ["from_utc + interval '14 hours'", "to_utc - interval '12 hours'"] -%}
    {%- else -%}
        {%- set bounds = widened(grain) -%}
    {%- endif %}
    select
        {% if scope %}{{ scope }},{% endif %}
        {{ bounds[0] }} as from_utc,
        {{ bounds[1] }} as to_utc
    from ({{ changes }}) as changes
    where from_utc < to_utc
{% endmacro %}

{#- What a table recorded since another one took part in a build. -#}
{% macro recorded_changes(reader, table, scope) %}
    select
        {% if scope %}change.key as {{ scope }},{% endif %}
        change.from_utc,
        change.to_utc
    from {{ all_changes() }} as change
    where
        {{ is_change_for(reader, table.alias) }}
        {% if scope %}and change.key_name = '{{ scope }}'{% endif %}
{% endmacro %}

{#- What the documents of a model or source that are new to a table, or retracted, are about. -#}
{% macro document_changes(reader, documents, scope) %}
    {%- set columns = columns_of(documents) -%}
    select
        {% if scope %}documents.{{ scope }},{% endif %}
        {{ "documents.from_utc" if "from_utc" in columns else beginning_of_time() }} as from_utc,
        {{ "documents.to_utc" if "to_utc" in columns else end_of_time() }} as to_utc
    from (
        select document_id
        from {{ documents.relation_name }}
        where {{ is_new_to(reader) }}
        union all
        select retracted_document_id
        from raw.retraction
        where {{ is_new_to(reader) }}
    ) as changed
    inner join {{ documents.relation_name }} as documents on changed.document_id = documents.document_id
{% endmacro %}

{#- The declared columns of a model or source. -#}
{% macro columns_of(node) %}
    {{ return(node.columns.keys() | list + (key_of(node) if node.resource_type == "model" else [])) }}
{% endmacro %}

{#- The range of a table that a change affects, in whole units of its grain: two expressions on from_utc and to_utc. -#}
{% macro widened(grain) %}
    {% if grain == "delivery_start_utc" %}
        {{ return([quarter_hour_floor("from_utc"), quarter_hour_ceiling("to_utc")]) }}
    {% elif grain == "delivery_day_utc" %}
        {{ return([
            "date_trunc('day', from_utc, 'UTC')",
            "date_trunc('day', to_utc - interval '1 microsecond', 'UTC') + interval '24 hours'",
        ]) }}
    {% elif grain == "delivery_month_utc" %}
        {{ return([
            "date_trunc('month', from_utc, 'UTC')",
            "(date_trunc('month', (to_utc - interval '1 microsecond') at time zone 'UTC') + interval '1 month') at time zone 'UTC'",
        ]) }}
    {% elif grain == "delivery_date" %}
        {#-
            Days as if they were UTC days: wherever the asset is, its clocks are at most 12 hours behind or 14 ahead.
        -#}
        {{ return([
            "date_trunc('day', from_utc - interval '12 hours', 'UTC')",
            "date_trunc('day', to_utc - interval '1 microsecond' + interval '14 hours', 'UTC') + interval '24 hours'",
        ]) }}
    {% endif %}
    {{ return([beginning_of_time(), end_of_time()]) }}
{% endmacro %}

{#- Whether a build has anything to compute of the model. -#}
{% macro is_anything_affected() %}
    {{ return(first_and_last_affected() is not none) }}
{% endmacro %}

{#- The first and the last affected instant of the model: literals, which the planner compares with its statistics. -#}
{% macro bounds_of_affected() %}
    {{ return(first_and_last_affected() or [beginning_of_time(), end_of_time()]) }}
{% endmacro %}

{#- The same, or none if nothing is affected. Only a build asks: without one, no parent has taken up what is new. -#}
{% macro first_and_last_affected() %}
    {% if flags.WHICH not in ["run", "build"] %}
        {{ return(none) }}
    {% endif %}
    {% if graph.get("found_affected", {}).get("invocation_id") != invocation_id %}
        {% do graph.update({"found_affected": {"invocation_id": invocation_id}}) %}
    {% endif %}
    {# Kept from the compilation of the model to its build. #}
    {% set found = graph.found_affected %}
    {% if model.unique_id not in found %}
        {# In UTC: a session can write an instant with the name of its time zone, which others have too. #}
        {% set row = run_query(
            "select (min(from_utc) at time zone 'UTC')::text, (max(to_utc) at time zone 'UTC')::text"
            ~ " from (" ~ changes_for(model) ~ ") as changes"
        ).rows[0] %}
        {% set bounds = [] %}
        {% for instant in row if instant %}
            {% do bounds.append("('" ~ instant ~ "'::timestamp at time zone 'UTC')") %}
        {% endfor %}
        {% do found.update({model.unique_id: bounds or none}) %}
    {% endif %}
    {{ return(found[model.unique_id]) }}
{% endmacro %}

{#- Statements that make the table `affected`, to which the model is restricted: see join_affected. -#}
{% macro make_affected(node) %}
    {%- set scope = scope_of(node) -%}
    create temporary table affected on commit drop as
    select
        {% if scope %}{{ scope }},{% endif %}
        lower(affected_range) as from_utc,
        upper(affected_range) as to_utc
    from (
        select
            {% if scope %}{{ scope }},{% endif %}
            unnest(range_agg(tstzrange(from_utc, to_utc))) as affected_range
        from ({{ changes_for(node) }}) as changes
        {% if scope %}group by {{ scope }}{% endif %}
    ) as merged;
    analyze affected;
{% endmacro %}

{#- The range that a day can span in any time zone: two expressions. -#}
{% macro range_of_day(day) %}
    {% set midnight = day ~ "::timestamp at time zone 'UTC'" %}
    {{ return([midnight ~ " - interval '14 hours'", midnight ~ " + interval '36 hours'"]) }}
{% endmacro %}

{#- The range that a row is about: two expressions. A row that covers more than a quarter-hour says so in to_utc. -#}
{% macro period_of(node, columns) %}
    {% set grain = grain_of(node) %}
    {% if grain and "to_utc" in columns %}
        {{ return([grain, "to_utc"]) }}
    {% elif grain == "delivery_start_utc" %}
        {{ return([grain, grain ~ " + interval '15 minutes'"]) }}
    {% elif grain == "delivery_day_utc" %}
        {{ return([grain, grain ~ " + interval '24 hours'"]) }}
    {% elif grain == "delivery_month_utc" %}
        {{ return([grain, "(delivery_month_utc at time zone 'UTC' + interval '1 month') at time zone 'UTC'"]) }}
    {% elif grain == "delivery_date" %}
        {{ return(range_of_day(grain)) }}
    {% elif "valid_from_utc" in columns %}
        {{ return(["valid_from_utc", "coalesce(valid_to_utc, " ~ end_of_time() ~ ")"]) }}
    {% endif %}
    {{ return([beginning_of_time(), end_of_time()]) }}
{% endmacro %}

{#-
    A statement that records what a table changed, from rows with its columns: one range per key and day. Rows without
    an asset or metering point are recorded as such, for tables that read all changes.
-#}
{% macro record_changes(node, rows, columns, period) %}
    {%- set keys = change_keys() | select("in", columns) | list -%}
    insert into {{ build_schema() }}.change (build_number, model, key_name, key, from_utc, to_utc)
    {% for key in keys + ["*"] %}
        {%- set value = "'*'" if key == "*" else key %}
        select
            {{ of_current_build("build_number") }},
            '{{ node.alias }}',
            '{{ key }}',
            {{ value }},
            min({{ period[0] }}),
            max({{ period[1] }})
        from {{ rows }}
        where {{ "coalesce(" ~ keys | join(", ") ~ ") is null" if key == "*" and keys else value ~ " is not null" }}
        group by {{ key ~ ", " if key != "*" }}date_trunc('day', {{ period[0] }}, 'UTC')
        {{ "union all" if not loop.last }}
    {% endfor %}
{% endmacro %}

{#- A statement that records that all of a table is new. -#}
{% macro record_made_anew(node) %}
    insert into {{ build_schema() }}.change (build_number, model, key_name, key, from_utc, to_utc)
    values ({{ of_current_build("build_number") }}, '{{ node.alias }}', '*', '*', {{ beginning_of_time() }}, {{ end_of_time() }})
{% endmacro %}
