{#-
    The indexes of a table, named after their purpose: <table>_by_<columns>. dbt names an index after a hash, and makes
    it only with the table; here an index that a changed definition asks for is made on the existing table.
-#}
{% macro keep_indexes(relation) %}
    {%- for index in config.get("indexes", default=[]) -%}
        {%- set index = adapter.parse_index(index) -%}
        {%- set suffix = "_by_" ~ index.columns | join("_and_") -%}
        {%- set name = relation.identifier[: 63 - suffix | length] ~ suffix -%}
        do $$
        declare
            hashed regclass := (
                select indexrelid from pg_index inner join pg_class on pg_class.oid = indexrelid
                where
                    indrelid = '{{ relation }}'::regclass
                    and relname ~ '^[0-9a-f]{32}$'
                    and '{{ index.columns | join(" ") }}' = (
                        select string_agg(attname, ' ' order by place)
                        from unnest(indkey) with ordinality as key (attnum, place)
                        inner join pg_attribute on attrelid = indrelid and pg_attribute.attnum = key.attnum
                    )
                limit 1
            );
        begin
            if to_regclass('"{{ relation.schema }}"."{{ name }}"') is null then
                if hashed is null then
                    create {{ "unique " if index.unique }}index "{{ name }}" on {{ relation }}
                    using {{ index.type or "btree" }} ({{ index.columns | join(", ") }});
                else
                    execute format('alter index %s rename to %I', hashed, '{{ name }}');
                end if;
            end if;
        end
        $$;
    {% endfor %}
{% endmacro %}

{#- dbt's own, for PostgreSQL: keep_indexes makes the indexes. -#}
{% macro postgres__get_create_index_sql(relation, index_dict) %}
    {{ return("") }}
{% endmacro %}
