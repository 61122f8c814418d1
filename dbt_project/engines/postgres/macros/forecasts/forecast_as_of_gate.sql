{#-
    For every gate, asset and quarter-hour, the forecast of the newest version made by the time the gate closes that
    holds a value for it.

    Ranking every value of every version would sort 193 rows for each one that is kept. Instead, versions are ordered as
    headers: a version is in force from its own gate up to the gate of its successor (versions_in_force), and only that
    slice is cut out of its array (with a version every 15 minutes: one value). A gate with a closing time closes for a
    whole day at once (versions_in_force_by_the_clock), and the slice is the day. If the slice has no value (a short
    version, a hole, a null), the nearest older version with one is the fallback.

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

in_force as (

    {{ versions_in_force(versions, documents, within, is_counted) }}

),

{% if has_days -%}
    in_force_by_the_clock as (

        {{ versions_in_force_by_the_clock(versions, documents, within, closed_before, is_counted) }}

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
