with exports as (

    select
        exported_utc,
        contracts
    from {{ ref("stg_crm__contract_exports") }}

),

listed as (

    select
        exports.exported_utc,
        contract.element as contract,
        contract.position,
        {{ json_text("contract.element", ["contract_id"]) }} as contract_id,
        {{ json_text("contract.element", ["asset_id"]) }} as asset_id,
        {{ json_text("contract.element", ["metering_point_id"]) }} as metering_point_id,
        {{ json_text("contract.element", ["contract_begin"]) }}::date as contract_begin_date
    from exports
    cross join lateral {{ each_json_element("exports.contracts", "contract") }}

),

last_mention as (

    {{ newest_per_key(
        "listed",
        key=["exported_utc", "contract_id", "asset_id", "metering_point_id", "contract_begin_date"],
        newest_first=["position desc"],
        columns=["exported_utc", "contract_id", "asset_id", "metering_point_id", "contract_begin_date", "contract"],
    ) }}

)

select
    exported_utc,
    contract_id,
    asset_id,
    metering_point_id,
    {{ thousandfold(json_text("contract", ["capacity"])) }} as contract_capacity_kw,
    {{ json_text("contract", ["technology"]) }} as technology,
    contract_begin_date,
    {{ json_text("contract", ["contract_end"]) }}::date as contract_end_date,
    {{ json_text("contract", ["price_model"]) }} as price_model,
    {{ json_text("contract", ["price"]) }} as price,
    {{ json_text("contract", ["fee_model"]) }} as fee_model,
    {{ json_text("contract", ["fee"]) }} as fee,
    {{ json_text("contract", ["fee_percent"]) }} as fee_percent
from last_mention
