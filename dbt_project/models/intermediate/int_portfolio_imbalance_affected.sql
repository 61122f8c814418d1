with asset_changes as (

    {{ changes_since(
        "portfolio_imbalance",
        "asset_id",
        ["int_forecasts_settled", "live_infeed", "dso_final_production", "int_portfolio_periods"],
    ) }}

),

changed_documents as (

    {{ changed_documents(
        "portfolio_imbalance",
        ref("stg_tso__imbalance_price_documents"),
    ) }}

)

select distinct
    from_utc,
    to_utc
from asset_changes
union all
select
    documents.delivery_from_utc as from_utc,
    documents.delivery_to_utc as to_utc
from changed_documents
inner join {{ ref("stg_tso__imbalance_price_documents") }} as documents
    on changed_documents.document_id = documents.document_id
