{#-
    Lets the reader role read the marts, where that role is there (python -m extract.warehouse roles makes it). Only
    what is missing is granted: dbt's own `grants` would take away what others have given.
-#}
{% macro grant_marts() %}
    {% if execute and flags.WHICH in ("run", "build") %}
        {%- set marts = [] -%}
        {%- for node in graph.nodes.values() if node.resource_type == "model" and node.config.schema is none -%}
            {%- do marts.append('"' ~ node.schema ~ '"."' ~ node.alias ~ '"') -%}
        {%- endfor -%}
        do $$
        declare
            mart regclass;
        begin
            for mart in
                select pg_class.oid
                from unnest(array['{{ marts | join("', '") }}']) as wanted (name)
                inner join pg_class on pg_class.oid = to_regclass(wanted.name)
                inner join pg_roles on rolname = 'vpp_reader'
                where
                    pg_has_role(relowner, 'usage')
                    and not has_table_privilege(pg_roles.oid, pg_class.oid, 'select')
            loop
                execute format('grant select on %s to vpp_reader', mart);
            end loop;
        end
        $$;
    {% endif %}
{% endmacro %}
