{#-
    The open quarter-hours, one row each, of a relation that keeps those of a delivery day as one array: it has asset_id,
    delivery_start_utc, delivery_date, open_version_utc and open_power_kw. Yields asset_id, delivery_start_utc,
    delivery_date, version_utc, power_kw; never a null value.
-#}
{% macro open_quarter_hours(relation) -%}
    select
        in_force.asset_id,
        in_force.delivery_start_utc + (quarter_hour.position - 1) * interval '15 minutes' as delivery_start_utc,
        in_force.delivery_date,
        in_force.open_version_utc as version_utc,
        quarter_hour.power_kw
    from {{ relation }} as in_force
    cross join lateral {{ each_array_element({"power_kw": "in_force.open_power_kw"}, "quarter_hour") }}
    where
        in_force.open_version_utc is not null
        and quarter_hour.power_kw is not null
{%- endmacro %}
