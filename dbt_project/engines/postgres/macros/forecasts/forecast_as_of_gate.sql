{#-
    For every gate, asset and quarter-hour, the forecast of the newest version that was made at least so many minutes
    before the quarter-hour starts and that holds a value for it.

    Ranking every value of every version would sort 193 rows for each one that is kept. Instead, versions are put in
    order as headers: a version is in force from its own gate up to the gate of its successor, and only
    that slice is cut out of its array (with a version every 15 minutes: one value). Where the slice has no value
    (a short version, a hole, a null), the nearest older version that has one is the fallback. The last version that an
    asset has is in force for all that any of its versions reaches: coverage is a running maximum.

    versions: a relation with one row per asset_id and version_utc, with document_id, grid_start_utc and grid_end_utc.
    documents: a relation with document_id, asset_id, version_utc, grid_start_utc and power_kw, an array whose n-th element
    is the quarter-hour that starts (n - 1) * 15 minutes after grid_start_utc. Only documents of `versions` count.
    gates: minutes by the name of the gate. All gates are answered in one pass over the documents.
    within: a relation with asset_id and disjoint ranges from_utc, to_utc on the grid: only these quarter-hours are
    computed, from the versions that can be in force then. Without it, all.
    Yields gate, asset_id, delivery_start_utc, version_utc, power_kw; never a null value.

    Quarter-hours are counted as whole numbers since 1970 until the end: instants are slow to reckon with.
-#}
{% macro forecast_as_of_gate(versions, documents, gates, within=none) %}
{%- set longest_minutes = gates.values() | max -%}
with headers as (

    select
        versions.document_id,
        versions.asset_id,
        versions.version_utc,
        {{ quarter_hour_number("versions.grid_start_utc") }} as grid_start_number,
        {{ quarter_hour_number("versions.grid_end_utc") }} as grid_end_number,
        {%- for minutes in gates.values() %}
            {{ quarter_hour_number_after("versions.version_utc", minutes) }} as gate_{{ loop.index }}_number,
        {%- endfor %}
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
                            {{ is_in_build() }}
                            and documents.asset_id = affected.asset_id
                            and documents.version_utc <= affected.from_utc - interval '{{ longest_minutes }} minutes'
                        order by documents.version_utc desc
                        limit 1
                    ),
                    {{ beginning_of_time() }}
                ) as version_utc
        ) as first_in_force
        -- It and all after it. The offset keeps this a look into the index for each range, not a join with all versions.
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

in_force as (

    select
        document_id,
        asset_id,
        version_utc,
        grid_start_number,
        {%- for minutes in gates.values() %}
            1 + greatest(gate_{{ loop.index }}_number, first_number) - grid_start_number
                as first_{{ loop.index }}_position,
            least(
                lead(gate_{{ loop.index }}_number) over version_order,
                {%- if within %}
                    end_number
                {%- else %}
                    max(grid_end_number) over (version_order rows between unbounded preceding and current row)
                {%- endif %}
            ) - grid_start_number as last_{{ loop.index }}_position
            {{- "," if not loop.last }}
        {%- endfor %}
    from headers
    window version_order as (partition by asset_id, first_number order by version_utc)

),

slices as (

    select
        slot.gate,
        in_force.asset_id,
        in_force.version_utc,
        in_force.grid_start_number + place.position - 1 as delivery_number,
        documents.power_kw[place.position] as power_kw
    from in_force
    inner join {{ documents }} as documents on in_force.document_id = documents.document_id
    cross join lateral (
        values
        {%- for gate in gates %}
            ('{{ gate }}', in_force.first_{{ loop.index }}_position, in_force.last_{{ loop.index }}_position)
            {{- "," if not loop.last }}
        {%- endfor %}
    ) as slot (gate, first_position, last_position)
    cross join lateral generate_series(slot.first_position, slot.last_position) as place (position)

),

-- Only where the slice has no value: a subquery in a case is not run for the others.
with_fallbacks as (

    select
        slices.gate,
        slices.asset_id,
        slices.delivery_number,
        slices.version_utc,
        slices.power_kw,
        case
            when slices.power_kw is null
                then (
                    select fallback.document_id
                    from (
                        {{ newest_version_with_value(
                            versions=versions,
                            documents=documents,
                            asset_id="slices.asset_id",
                            made="< slices.version_utc",
                            delivery_start=quarter_hour_start("slices.delivery_number"),
                        ) }}
                    ) as fallback
                )
        end as fallback_document_id
    from slices
    -- The offset keeps the search from being done once for each place that asks for its result.
    offset 0

)

select
    gate,
    asset_id,
    {{ quarter_hour_start("delivery_number") }} as delivery_start_utc,
    case
        when power_kw is not null then version_utc
        else (
            select fallback.version_utc
            from {{ documents }} as fallback
            where fallback.document_id = with_fallbacks.fallback_document_id
        )
    end as version_utc,
    case
        when power_kw is not null then power_kw
        else (
            select
                fallback.power_kw[
                    1 + with_fallbacks.delivery_number - {{ quarter_hour_number("fallback.grid_start_utc") }}
                ]
            from {{ documents }} as fallback
            where fallback.document_id = with_fallbacks.fallback_document_id
        )
    end as power_kw
from with_fallbacks
where power_kw is not null or fallback_document_id is not null
{% endmacro %}
