with asset_changes as (

    {{ changes_since(
        "redispatch_lost_energy",
        "asset_id",
        ["int_redispatch_measures", "int_forecasts_settled", "dso_final_production", "int_asset_timezones"],
    ) }}

),

changed_documents as (

    {{ changed_documents(
        "redispatch_lost_energy",
        ref("stg_dso__redispatch_compensation_documents"),
    ) }}

),

measures as (

    select
        asset_id,
        measure_start_utc,
        measure_end_utc
    from {{ ref("int_redispatch_measures") }}

)

select
    key as asset_id,
    from_utc,
    to_utc
from asset_changes
union all
-- A price is that of every asset that was redispatched then.
select
    measures.asset_id,
    greatest(documents.delivery_from_utc, measures.measure_start_utc) as from_utc,
    least(documents.delivery_to_utc, measures.measure_end_utc) as to_utc
from changed_documents
inner join {{ ref("stg_dso__redispatch_compensation_documents") }} as documents
    on changed_documents.document_id = documents.document_id
inner join measures
    on
        documents.delivery_from_utc < measures.measure_end_utc
        and documents.delivery_to_utc > measures.measure_start_utc
