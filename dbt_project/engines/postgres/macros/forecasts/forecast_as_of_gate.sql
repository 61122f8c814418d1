{#-
    For every gate, asset and quarter-hour, the forecast of the newest version made by the time the gate closes that
    holds a value for it.

    Ranking every value of every version would sort 193 rows for each one that is kept. Instead, versions are ordered as
    headers: a version is in force from its own gate up to the gate of its successor, and only that slice is cut out of
    its array (with a version every 15 minutes: one value). A gate with a closing time closes for a whole day at once:
    one index lookup finds the version in force, and its slice is the day. If the slice has no value (a short version, a
    hole, a null), the nearest older version with one is the fallback. An asset's last version is in force for
    everything that any of its versions reaches: coverage is a running maximum.

    versions: a relation with one row per asset_id and version_utc, with document_id, grid_start_utc and grid_end_utc.
    documents: a relation with document_id, asset_id, version_utc, grid_start_utc and power_kw, an array whose n-th element
    is the quarter-hour that starts (n - 1) * 15 minutes after grid_start_utc. Only documents of `versions` count.
    gates: a relation with the columns of market_gates, or minutes before delivery by the name of the gate. All gates are
    answered in one pass over the documents.
    within: a relation with asset_id and disjoint ranges from_utc, to_utc on the grid: only these quarter-hours are
    computed, from the versions that can be in force then. Without it, all.
    closed_before: an instant: only quarter-hours whose gate closes before it are computed. Without it, all.
    is_counted: a condition on a row of documents: it is among `versions`, or was until it was received again.
    Yields gate, asset_id, delivery_start_utc, version_utc, document_id, power_kw; never a null value.

    Quarter-hours are whole numbers counted from 1970 until the very end, because arithmetic on instants is slow.
-#}
{% macro forecast_as_of_gate(versions, documents, gates, within=none, closed_before=none, is_counted=none) %}
{%- set is_counted = is_counted or is_in_build() -%}
{#- A relation is a mapping to Jinja too. -#}
{%- set has_days = gates is string or gates.identifier is defined -%}
with gates as (

    {% if has_days %}
        select
            gate,
            minutes_before_delivery,
            days_before,
            local_time,
            first_delivery_time
        from {{ gates }}
    {%- else %}
        {%- set rows = [] -%}
        {%- for gate, minutes in gates.items() -%}
            {%- do rows.append(["'" ~ gate ~ "'", minutes]) -%}
        {%- endfor %}
        select
            gate,
            minutes_before_delivery
        from {{ each_row(rows, columns=["gate", "minutes_before_delivery"], name="gate") }}
    {%- endif %}

),

headers as (

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

),

in_force as (

    select
        document_id,
        asset_id,
        version_utc,
        next_version_utc,
        grid_start_number,
        first_number,
        {{ reached_number("in_order", documents, "next_version_utc") if within else "end_number" }} as end_number
    from in_order

),

{% if has_days -%}
    -- A gate with a closing time closes for a whole day: its version in force is in force for the day.
    in_force_by_the_clock as (

        select
            gate,
            asset_id,
            document_id,
            version_utc,
            grid_start_number,
            first_number,
            {{ reached_number("newest", documents, "null::timestamptz") }} as end_number
        from (
            select
                closings.gate,
                closings.asset_id,
                newest.document_id,
                newest.version_utc,
                {{ quarter_hour_number("newest.grid_start_utc") }} as grid_start_number,
                {{ quarter_hour_number("newest.grid_end_utc") }} as grid_end_number,
                closings.first_number,
                closings.end_number
            from (
                {{ closings_by_the_clock(versions, documents, within, closed_before) }}
            ) as closings
            cross join lateral (
                select
                    documents.document_id,
                    documents.version_utc,
                    documents.grid_start_utc,
                    documents.grid_end_utc
                from {{ documents }} as documents
                where
                    {{ is_counted }}
                    and documents.asset_id = closings.asset_id
                    and documents.version_utc <= closings.closes_utc
                    -- The envelope allows no version to reach further ahead.
                    and documents.version_utc >= closings.from_utc - interval '30 days'
                order by documents.version_utc desc, documents.received_utc desc, documents.content_sha256 desc
                limit 1
            ) as newest
        ) as newest

    ),
{%- endif %}

slices as (

    select
        gates.gate,
        in_force.asset_id,
        in_force.document_id,
        in_force.version_utc,
        in_force.grid_start_number + place.position - 1 as delivery_number,
        documents.power_kw[place.position] as power_kw
    from in_force
    {{ join_values("in_force", documents, within) }}
    cross join gates
    cross join lateral generate_series(
        1 - in_force.grid_start_number + greatest(
            {{ quarter_hour_number_after("in_force.version_utc", "gates.minutes_before_delivery") }},
            in_force.first_number
        ),
        least(
            {{ quarter_hour_number_after("in_force.next_version_utc", "gates.minutes_before_delivery") }},
            {%- if closed_before %}
                {{ quarter_hour_number_after(closed_before, "gates.minutes_before_delivery") }},
            {%- endif %}
            in_force.end_number
        ) - in_force.grid_start_number
    ) as place (position)
    {%- if has_days %}
        where
            gates.minutes_before_delivery is not null
            and {{ is_gate_for("gates", quarter_hour_start("in_force.grid_start_number + place.position - 1")) }}
        union all
        select
            in_force.gate,
            in_force.asset_id,
            in_force.document_id,
            in_force.version_utc,
            in_force.grid_start_number + place.position - 1 as delivery_number,
            documents.power_kw[place.position] as power_kw
        from in_force_by_the_clock as in_force
        {{ join_values("in_force", documents, within) }}
        cross join lateral generate_series(
            1 - in_force.grid_start_number + in_force.first_number,
            in_force.end_number - in_force.grid_start_number
        ) as place (position)
    {%- endif %}

),

-- Only if the slice has no value: a subquery in a case is not run for the others.
with_fallbacks as (

    select
        slices.gate,
        slices.asset_id,
        slices.delivery_number,
        slices.version_utc,
        slices.document_id,
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
    -- The offset keeps the search from being repeated wherever its result is used.
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
    coalesce(fallback_document_id, document_id) as document_id,
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

{#-
    For each asset, the days for which gates with a closing time close, as far as they are asked for. Yields gate,
    asset_id, closes_utc, from_utc, first_number, end_number (of quarter-hours).
-#}
{% macro closings_by_the_clock(versions, documents, within, closed_before) -%}
    select
        gate,
        asset_id,
        closes_utc,
        from_utc,
        {{ quarter_hour_number("from_utc") }} as first_number,
        {{ quarter_hour_number("to_utc") }} as end_number
    from (
        select
            gates.gate,
            ranges.asset_id,
            {{ gate_closes_for_day("gates", "day.delivery_date") }} as closes_utc,
            greatest(ranges.from_utc, {{ first_delivery_of_gate("gates", "day.delivery_date") }}) as from_utc,
            least(ranges.to_utc, {{ local_midnight("day.delivery_date + 1", portfolio_timezone()) }}) as to_utc
        from
        {%- if within %}
            (
                -- No further than versions reach, as a range may have no end.
                select
                    wanted.asset_id,
                    greatest(wanted.from_utc, {{ quarter_hour_floor("oldest.version_utc") }}) as from_utc,
                    least(wanted.to_utc, {{ quarter_hour_ceiling("newest.version_utc + interval '30 days'") }}) as to_utc
                from {{ within }} as wanted
                cross join lateral (
                    select documents.version_utc
                    from {{ documents }} as documents
                    where documents.asset_id = wanted.asset_id
                    order by documents.version_utc
                    limit 1
                ) as oldest
                cross join lateral (
                    select documents.version_utc
                    from {{ documents }} as documents
                    where documents.asset_id = wanted.asset_id
                    order by documents.version_utc desc
                    limit 1
                ) as newest
            ) as ranges
        {%- else %}
            (
                select
                    asset_id,
                    min(version_utc) as from_utc,
                    max(grid_end_utc) as to_utc
                from {{ versions }}
                group by asset_id
            ) as ranges
        {%- endif %}
        cross join lateral {{ each_day(
            local_date("ranges.from_utc", portfolio_timezone()),
            local_date("ranges.to_utc - interval '1 microsecond'", portfolio_timezone()),
            "day",
        ) }}
        cross join gates
        where gates.minutes_before_delivery is null
    ) as days
    where
        from_utc < to_utc
        {%- if closed_before %}
            and closes_utc < {{ closed_before }}
        {%- endif %}
{%- endmacro %}

{#- Joins `documents`, with the values of the versions in force. -#}
{% macro join_values(in_force, documents, within) -%}
    {%- if within -%}
        -- One index lookup for each, as the planner cannot know how few they are.
        cross join lateral (
            select documents.power_kw
            from {{ documents }} as documents
            where documents.document_id = {{ in_force }}.document_id
            offset 0
        ) as documents
    {%- else -%}
        inner join {{ documents }} as documents on {{ in_force }}.document_id = documents.document_id
    {%- endif %}
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
                    and documents.version_utc >= {{ relation }}.version_utc - interval '30 days'
            )
        )
    end
{%- endmacro %}
