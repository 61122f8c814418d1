{#- `raw` on Spark: views over the lake, beside the other schemas of the environment, cut off at the lake's snapshot. -#}

{#- dbt's own: where a source is. -#}
{% macro source(source_name, table_name) %}
    {% set relation = builtins.source(source_name, table_name) %}
    {{ return(relation.incorporate(path={"schema": environment_schema(source_name)})) }}
{% endmacro %}

{% macro make_raw(snapshot) %}
    {% set raw = environment_schema("raw") %}
    {% do run_query("create schema if not exists " ~ raw) %}
    {% do run_query(
        "create or replace view " ~ raw ~ ".snapshot as select cast(" ~ snapshot.documents_upto
        ~ " as bigint) as documents_upto, cast(" ~ ("'" ~ snapshot.extracted_utc ~ "'" if snapshot.extracted_utc else "null")
        ~ " as timestamp) as extracted_utc"
    ) %}
    {% for table, archived in snapshot.tables.items() %}
        {% do run_query(
            "create or replace view " ~ raw ~ "." ~ table ~ " as " ~ rows_of_lake(table, archived, snapshot.documents_upto)
        ) %}
    {% endfor %}
    {% do refuse_lost_documents(raw, snapshot) %}
{% endmacro %}

{#- The documents of a table that are in the snapshot. A table without any has no folder yet. -#}
{% macro rows_of_lake(table, archived, documents_upto) %}
    {% if archived.documents > 0 %}
        select {{ archived.columns | join(", ") }}
        from parquet.`{{ lake() }}/{{ table }}`
        where document_id <= {{ documents_upto }}
    {% else %}
        select
            {%- for column, type in archived.columns.items() %}
                cast(null as {{ spark_type(type) }}) as {{ column }}{{ "," if not loop.last }}
            {%- endfor %}
        where false
    {% endif %}
{% endmacro %}

{#- Refuses a lake that lacks what its snapshot promises: the files' metadata give the counts, so no data is read. -#}
{% macro refuse_lost_documents(raw, snapshot) %}
    {% set counts = [] %}
    {% for table in snapshot.tables %}
        {% do counts.append("select '" ~ table ~ "', count(*) from " ~ raw ~ "." ~ table) %}
    {% endfor %}
    {% for row in run_query(counts | join(" union all ")).rows if row[1] != snapshot.tables[row[0]].documents %}
        {{ exceptions.raise_compiler_error(
            lake() ~ " holds " ~ row[1] ~ " documents of " ~ row[0] ~ ", but its snapshot says "
            ~ snapshot.tables[row[0]].documents ~ ": python -m extract archive --verify shows what is wrong"
        ) }}
    {% endfor %}
{% endmacro %}

{% macro spark_type(postgres_type) %}
    {% if postgres_type.endswith("[]") %}
        {{ return("array<" ~ spark_type(postgres_type[:-2]) ~ ">") }}
    {% endif %}
    {{ return({
        "bigint": "bigint",
        "boolean": "boolean",
        "bytea": "binary",
        "date": "date",
        "double precision": "double",
        "integer": "int",
        "jsonb": "string",
        "text": "string",
        "timestamp with time zone": "timestamp",
    }[postgres_type]) }}
{% endmacro %}
