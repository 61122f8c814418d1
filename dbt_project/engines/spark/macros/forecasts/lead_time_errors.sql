{#-
    The errors of every forecast version by how long before delivery it was made, summed over the quarter-hours of each
    asset and UTC day. Each value of a version is joined with production on asset and quarter-hour.
-#}
{% macro lead_time_errors(outcomes, versions, documents, longest_lead_minutes) %}
with values_of_versions as (

    select
        versions.asset_id,
        versions.version_utc,
        {{ quarter_hour_number("versions.grid_start_utc") }} + quarter_hour.position - 1 as delivery_number,
        {{ quarter_hour_number_after("versions.version_utc", 0) }} as version_number,
        quarter_hour.power_kw
    from {{ ref("int_versions_in_force") }} as versions
    inner join {{ documents }} as documents on versions.document_id = documents.document_id
    cross join lateral {{ each_array_element({"power_kw": "documents.power_kw"}, "quarter_hour") }}
    where quarter_hour.power_kw is not null

),

pairs as (

    select
        outcomes.asset_id,
        {{ utc_day_start("outcomes.delivery_start_utc") }} as delivery_day_utc,
        values_of_versions.version_utc,
        values_of_versions.delivery_number - values_of_versions.version_number as lead_number,
        values_of_versions.power_kw - outcomes.final_power_kw as error_kw,
        outcomes.capacity_kw
    from {{ outcomes }} as outcomes
    inner join values_of_versions
        on
            outcomes.asset_id = values_of_versions.asset_id
            and {{ quarter_hour_number("outcomes.delivery_start_utc") }} = values_of_versions.delivery_number
    where outcomes.final_power_kw is not null

)

select
    asset_id,
    delivery_day_utc,
    lead_number * 15 as lead_minutes,
    capacity_kw is not null as is_capacity_known,
    count(*)::integer as quarter_hour_count,
    {{ sum_in_order("error_kw", ["version_utc"]) }} as error_sum_kw,
    {{ sum_in_order("abs(error_kw)", ["version_utc"]) }} as absolute_error_sum_kw,
    {{ sum_in_order("error_kw * error_kw", ["version_utc"]) }} as squared_error_sum_kw2,
    {{ sum_in_order("capacity_kw", ["version_utc"]) }} as capacity_sum_kw
from pairs
where lead_number between 0 and {{ longest_lead_minutes // 15 }}
group by asset_id, delivery_day_utc, lead_number, capacity_kw is not null
{% endmacro %}
