{#-
    The versions in force before gates that close some minutes before delivery: each from its own gate up to that of its
    successor. An asset's last version is in force for everything that any of its versions reaches: coverage is a running
    maximum.

    Arguments as for forecast_as_of_gate, whose CTE `gates` is read. Yields document_id, asset_id, version_utc,
    next_version_utc, and in quarter-hours from 1970 grid_start_number, first_number and end_number.
-#}
{% macro versions_in_force(versions, documents, within, is_counted) -%}
with headers as (

    select
        versions.document_id,
        versions.asset_id,
        versions.version_utc,
        {{ quarter_hour_number("versions.grid_start_utc") }} as grid_start_number,
        {{ quarter_hour_number("versions.grid_end_utc") }} as grid_end_number,
        {%- if within %}
            {{ quarter_hour_number("affected.from_utc") }} as first_number,
            {{ quarter_hour_number("affected.to_utc") }} as end_number
        {%- else %}
            null::integer as first_number,
            null::integer as end_number
        {%- endif %}
    {%- if within %}
        from {{ within }} as affected
        -- The version in force in the first of the quarter-hours.
        cross join lateral (
            select
                coalesce(
                    (
                        select documents.version_utc
                        from {{ documents }} as documents
                        where
                            {{ is_counted }}
                            and documents.asset_id = affected.asset_id
                            and documents.version_utc <= affected.from_utc - (
                                select coalesce(max(gates.minutes_before_delivery), 0) * interval '1 minute' from gates
                            )
                        order by documents.version_utc desc
                        limit 1
                    ),
                    {{ beginning_of_time() }}
                ) as version_utc
        ) as first_in_force
        -- It and all after it. The offset keeps this an index lookup for each range, not a join with all versions.
        cross join lateral (
            select
                candidates.document_id,
                candidates.asset_id,
                candidates.version_utc,
                candidates.grid_start_utc,
                candidates.grid_end_utc
            from {{ versions }} as candidates
            where
                candidates.asset_id = affected.asset_id
                and candidates.version_utc >= first_in_force.version_utc
                and candidates.version_utc < affected.to_utc
            offset 0
        ) as versions
    {%- else %}
        from {{ versions }} as versions
    {%- endif %}

),

in_order as (

    select
        document_id,
        asset_id,
        version_utc,
        lead(version_utc) over version_order as next_version_utc,
        grid_start_number,
        grid_end_number,
        first_number,
        {%- if within %}
            end_number
        {%- else %}
            max(grid_end_number) over (version_order rows between unbounded preceding and current row) as end_number
        {%- endif %}
    from headers
    window version_order as (partition by asset_id, first_number order by version_utc)

)

select
    document_id,
    asset_id,
    version_utc,
    next_version_utc,
    grid_start_number,
    first_number,
    {{ reached_number("in_order", documents, "next_version_utc") if within else "end_number" }} as end_number
from in_order
{%- endmacro %}

{#-
    The quarter-hour up to which a version in force is used: an expression on a relation with end_number,
    grid_end_number, asset_id and version_utc. Beyond its own end, only as far as an earlier version reaches, which is
    looked up for the few that no successor replaces before.
-#}
{% macro reached_number(relation, documents, next_version) -%}
    case
        when end_number <= grid_end_number then end_number
        when {{ quarter_hour_number_after(next_version, 1440) }} <= grid_end_number then end_number
        else least(
            end_number,
            (
                select {{ quarter_hour_number("max(documents.grid_end_utc)") }}
                from {{ documents }} as documents
                where
                    documents.asset_id = {{ relation }}.asset_id
                    and documents.version_utc <= {{ relation }}.version_utc
                    and documents.version_utc >= {{ relation }}.version_utc - interval '720 hours'
            )
        )
    end
{%- endmacro %}
