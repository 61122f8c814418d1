{#-
    The errors of every forecast version by how long before delivery it was made, summed over the quarter-hours of each
    asset and day.

    Paired one by one, an asset's day is 96 quarter-hours times 193 versions. Instead, the values of a day are collected
    once, as an array, and the slice of each version that falls into the day is compared with it.

    outcomes: a relation with asset_id, delivery_start_utc, final_power_kw and capacity_kw of the quarter-hours that
    count; their days (UTC, always 96 quarter-hours) are computed.
    versions: a relation with one row per asset_id and version_utc, with document_id, grid_start_utc and grid_end_utc.
    documents: a relation with document_id and power_kw, an array whose n-th element is the quarter-hour that starts
    (n - 1) * 15 minutes after the version's grid_start_utc.
    longest_lead_minutes: lead times from 0 to this are computed. A version made between two quarter-hours counts from
    the next one on, as for the gates.
    Yields asset_id, delivery_day_utc, lead_minutes, is_capacity_known and sums in the order of version_utc.
-#}
{% macro lead_time_errors(outcomes, versions, documents, longest_lead_minutes) %}
{%- set longest_lead = longest_lead_minutes // 15 -%}
with numbered as (

    select
        asset_id,
        {{ quarter_hour_number("delivery_start_utc") }} as delivery_number,
        {{ quarter_hour_number("date_trunc('day', delivery_start_utc, 'UTC')") }} as day_number,
        final_power_kw,
        capacity_kw
    from {{ outcomes }}

),

days as (

    select
        days.asset_id,
        days.day_number,
        array_agg(numbered.final_power_kw order by place.position) as final_power_kw,
        array_agg(numbered.capacity_kw order by place.position) as capacity_kw
    from (select distinct known.asset_id, known.day_number from numbered as known) as days
    cross join lateral generate_series(0, 95) as place (position)
    left join numbered
        on
            days.asset_id = numbered.asset_id
            and days.day_number + place.position = numbered.delivery_number
    group by days.asset_id, days.day_number

)

select
    days.asset_id,
    {{ quarter_hour_start("days.day_number") }} as delivery_day_utc,
    errors_of_day.lead_number * 15 as lead_minutes,
    errors_of_day.is_capacity_known,
    errors_of_day.quarter_hour_count,
    errors_of_day.error_sum_kw,
    errors_of_day.absolute_error_sum_kw,
    errors_of_day.squared_error_sum_kw2,
    errors_of_day.capacity_sum_kw
from days
cross join lateral (
    select
        pairs.lead_number,
        pairs.capacity_kw is not null as is_capacity_known,
        count(*)::integer as quarter_hour_count,
        sum(pairs.error_kw order by pairs.version_utc) as error_sum_kw,
        sum(abs(pairs.error_kw) order by pairs.version_utc) as absolute_error_sum_kw,
        sum(pairs.error_kw * pairs.error_kw order by pairs.version_utc) as squared_error_sum_kw2,
        sum(pairs.capacity_kw order by pairs.version_utc) as capacity_sum_kw
    from (
        -- Four series of equal length, unrolled side by side.
        select
            sliced.version_utc,
            generate_series(sliced.first_number, sliced.last_number) - sliced.version_number as lead_number,
            unnest(
                sliced.power_kw[
                    1 + sliced.first_number - sliced.grid_start_number
                    :1 + sliced.last_number - sliced.grid_start_number
                ]
            ) - unnest(
                days.final_power_kw[1 + sliced.first_number - days.day_number:1 + sliced.last_number - days.day_number]
            ) as error_kw,
            unnest(
                days.capacity_kw[1 + sliced.first_number - days.day_number:1 + sliced.last_number - days.day_number]
            ) as capacity_kw
        from (
            select
                headers.version_utc,
                headers.version_number,
                headers.grid_start_number,
                documents.power_kw,
                greatest(headers.grid_start_number, headers.version_number, days.day_number) as first_number,
                least(
                    headers.grid_end_number - 1,
                    headers.version_number + {{ longest_lead }},
                    days.day_number + 95
                ) as last_number
            from (
                select
                    versions.document_id,
                    versions.version_utc,
                    {{ quarter_hour_number_after("versions.version_utc", 0) }} as version_number,
                    {{ quarter_hour_number("versions.grid_start_utc") }} as grid_start_number,
                    {{ quarter_hour_number("versions.grid_end_utc") }} as grid_end_number
                from {{ versions }} as versions
                where
                    versions.asset_id = days.asset_id
                    and versions.version_utc
                    > {{ quarter_hour_start("(days.day_number - " ~ (longest_lead + 1) ~ ")") }}
                    and versions.version_utc < {{ quarter_hour_start("(days.day_number + 96)") }}
                -- Keeps this an index lookup for each day.
                offset 0
            ) as headers
            inner join {{ documents }} as documents on headers.document_id = documents.document_id
        ) as sliced
        where sliced.first_number <= sliced.last_number
    ) as pairs
    where pairs.error_kw is not null
    group by pairs.lead_number, pairs.capacity_kw is not null
) as errors_of_day
{% endmacro %}
