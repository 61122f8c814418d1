{#-
    Lets those read production who are to, where their roles are there (python -m extract.warehouse roles makes them):
    vpp_reader the marts, and vpp_developer all that a build of an environment may defer to. Only what is missing is
    granted: dbt's own `grants` would take away what others have given. An environment is its owner's.
-#}
{% macro grant_reading() %}
    {% if execute and flags.WHICH in ("run", "build") and target.schema == "public" %}
        {%- set models, marts = ["build.run", "build.model_state"], [] -%}
        {%- for node in graph.nodes.values() if node.resource_type == "model" -%}
            {%- set name = '"' ~ node.schema ~ '"."' ~ node.alias ~ '"' -%}
            {%- do models.append(name) -%}
            {%- if node.config.schema is none -%}
                {%- do marts.append(name) -%}
            {%- endif -%}
        {%- endfor -%}
        do $$
        declare
            statement text;
        begin
            for statement in
                select format('grant select on %s to %I', wanted.name, rolname)
                from (
                    select 'vpp_reader' as role_name, unnest(array['{{ marts | join("', '") }}']) as name
                    union all
                    select 'vpp_developer' as role_name, unnest(array['{{ models | join("', '") }}']) as name
                ) as wanted
                inner join pg_class on pg_class.oid = to_regclass(wanted.name)
                inner join pg_roles on rolname = wanted.role_name
                where
                    pg_has_role(relowner, 'usage')
                    and not has_table_privilege(pg_roles.oid, pg_class.oid, 'select')
                union all
                select format('grant usage on schema %I to %I', nspname, rolname)
                from pg_namespace
                inner join pg_roles on rolname = 'vpp_developer'
                where
                    nspname in ('staging', 'intermediate', 'build')
                    and pg_has_role(nspowner, 'usage')
                    and not has_schema_privilege(pg_roles.oid, pg_namespace.oid, 'usage')
            loop
                execute statement;
            end loop;
        end
        $$;
    {% endif %}
{% endmacro %}
