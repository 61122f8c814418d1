{{ config(
    unique_key=["asset_id", "delivery_start_utc"],
    indexes=[{"columns": ["delivery_start_utc"]}, {"columns": ["delivery_date", "asset_id"]}],
) }}

with measures as (

    select
        asset_id,
        measure_start_utc,
        measure_end_utc
    from {{ ref("int_redispatch_measures") }}

),

final_production as (

    select
        asset_id,
        delivery_start_utc,
        power_kw
    from {{ ref("dso_final_production") }}
    where {{ is_between_affected("delivery_start_utc") }}

),

compensation as (

    select
        delivery_start_utc,
        price_eur_per_mwh,
        issued_date,
        received_utc,
        content_sha256
    from {{ ref("stg_dso__redispatch_compensation") }}
    where {{ is_between_affected("delivery_start_utc") }}

),

newest_compensation as (

    {{ newest_per_key(
        "compensation",
        key=["delivery_start_utc"],
        newest_first=["issued_date desc", "received_utc desc", "content_sha256 desc"],
        columns=["delivery_start_utc", "price_eur_per_mwh"],
    ) }}

),

quarter_hours as (

    select
        measures.asset_id,
        measures.measure_start_utc,
        quarter_hour.delivery_start_utc
    from measures
    cross join
        lateral {{ each_quarter_hour("measures.measure_start_utc", "measures.measure_end_utc", "quarter_hour") }}
    {{ join_affected(
        "quarter_hour",
        scope="measures.asset_id",
        more=["measures.measure_start_utc < affected.to_utc", "measures.measure_end_utc > affected.from_utc"],
    ) }}

),

-- A version that came back shorter changes all that it reached before, too; int_forecasts_in_force records that.
-- depends_on: {{ ref("int_forecasts_in_force") }}
promised as (

    {{ newest_forecasts(
        "quarter_hours",
        made_upto="measure_start_utc",
        versions=ref("stg_vpp__forecast_versions"),
        documents=ref("stg_vpp__forecast_documents"),
    ) }}

),

compared as (

    select
        quarter_hours.asset_id,
        quarter_hours.measure_start_utc,
        quarter_hours.delivery_start_utc,
        promised.version_utc as forecast_version_utc,
        promised.power_kw as forecast_power_kw,
        final_production.power_kw as final_power_kw,
        newest_compensation.price_eur_per_mwh,
        -- greatest() would turn unknown into 0.
        case
            when promised.power_kw < final_production.power_kw then 0
            else (promised.power_kw - final_production.power_kw) * 0.25
        end as lost_energy_kwh,
        promised.power_kw * 0.25 as full_forecast_energy_kwh
    from quarter_hours
    left join promised
        on
            quarter_hours.asset_id = promised.asset_id
            and quarter_hours.delivery_start_utc = promised.delivery_start_utc
    left join final_production
        on
            quarter_hours.asset_id = final_production.asset_id
            and quarter_hours.delivery_start_utc = final_production.delivery_start_utc
    left join newest_compensation on quarter_hours.delivery_start_utc = newest_compensation.delivery_start_utc

)

select
    compared.asset_id,
    compared.delivery_start_utc,
    compared.delivery_start_utc + interval '15 minutes' as delivery_end_utc,
    {{ delivery_date("compared.delivery_start_utc") }} as delivery_date,
    compared.measure_start_utc,
    compared.forecast_version_utc,
    compared.forecast_power_kw,
    compared.final_power_kw,
    compared.lost_energy_kwh,
    compared.full_forecast_energy_kwh,
    compared.price_eur_per_mwh,
    {{ energy_value_eur("compared.lost_energy_kwh", "compared.price_eur_per_mwh") }} as lost_energy_eur,
    {{ energy_value_eur("compared.full_forecast_energy_kwh", "compared.price_eur_per_mwh") }} as full_forecast_eur
from compared
{{ join_timezone(to="compared") }}
