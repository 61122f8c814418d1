{{ config(severity="warn") }}

with exports as (

    select exported_utc from {{ ref("stg_crm__contract_exports") }}

),

contracts as (

    select exported_utc from {{ ref("stg_crm__asset_contracts") }}

),

counted as (

    select
        exports.exported_utc,
        count(contracts.exported_utc) as contract_count
    from exports
    left join contracts on exports.exported_utc = contracts.exported_utc
    group by exports.exported_utc

),

compared as (

    select
        exported_utc,
        contract_count,
        lag(contract_count) over (order by exported_utc) as previous_contract_count
    from counted

)

select
    exported_utc,
    contract_count,
    previous_contract_count
from compared
where contract_count < 0.75 * previous_contract_count
