{%- set is_first = "series.first_count >= " ~ var("finding_min_quarter_hours") -%}
{%- set is_second = "series.second_count >= " ~ var("finding_min_quarter_hours") -%}

-- No CTE, as in staging (dbt_project.yml): a query for an asset and a day uses the index.
select
    series.source,
    by_day.asset_id,
    by_day.delivery_date,
    coalesce(by_day.capacity_kw, nameplates.capacity_kw) as capacity_kw,
    by_day.first_position,
    by_day.last_position,
    series.power_kw,
    by_day.forecast_power_kw,
    case when {{ is_first }} then series.first_reference when {{ is_second }} then series.second_reference end
        as reference,
    case when {{ is_first }} then series.first_power_kw when {{ is_second }} then series.second_power_kw end
        as reference_power_kw,
    case when {{ is_first }} then series.first_count when {{ is_second }} then series.second_count end as pair_count,
    case when {{ is_first }} and {{ is_second }} then series.second_power_kw end as witness_power_kw
from {{ ref("int_power_by_day") }} as by_day
left join {{ ref("int_asset_nameplates") }} as nameplates on by_day.asset_id = nameplates.asset_id
cross join
    lateral {{ each_row(
        [
            [
                "'forecast'", "by_day.forecast_power_kw",
                "'final_production'", "by_day.final_power_kw", "by_day.forecast_and_final_count",
                "'live'", "by_day.live_power_kw", "by_day.forecast_and_live_count",
            ],
            [
                "'live'", "by_day.live_power_kw",
                "'final_production'", "by_day.final_power_kw", "by_day.live_and_final_count",
                "'forecast'", "by_day.forecast_power_kw", "by_day.forecast_and_live_count",
            ],
            [
                "'final_production'", "by_day.final_power_kw",
                "'live'", "by_day.live_power_kw", "by_day.live_and_final_count",
                "'forecast'", "by_day.forecast_power_kw", "by_day.forecast_and_final_count",
            ],
        ],
        columns=[
            "source", "power_kw",
            "first_reference", "first_power_kw", "first_count",
            "second_reference", "second_power_kw", "second_count",
        ],
        name="series",
    ) }}
where coalesce(by_day.capacity_kw, nameplates.capacity_kw) > 0
