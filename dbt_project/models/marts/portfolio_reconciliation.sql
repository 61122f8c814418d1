{{ config(unique_key=["delivery_start_utc"], indexes=[{"columns": ["delivery_date"]}]) }}

with reconciliation as (

    select
        reconciliation.asset_id,
        reconciliation.delivery_start_utc,
        reconciliation.tradeable_power_kw,
        reconciliation.final_power_kw,
        reconciliation.tradeable_error_kw,
        reconciliation.status
    from {{ ref("production_reconciliation") }} as reconciliation
    {{ join_affected("reconciliation") }}

),

sums as (

    select
        reconciliation.delivery_start_utc,
        count(members.asset_id)::integer as reconciled_asset_count,
        {{ sum_by_asset("members.capacity_kw", "members.asset_id") }} as reconciled_capacity_kw,
        {{ sum_by_asset("reconciliation.tradeable_power_kw", "members.asset_id") }} as tradeable_power_kw,
        {{ sum_by_asset("reconciliation.final_power_kw", "members.asset_id") }} as final_power_kw,
        {{ sum_by_asset("reconciliation.tradeable_error_kw", "members.asset_id") }} as tradeable_error_kw
    from reconciliation
    {{ join_members(to="reconciliation", more=["reconciliation.status = 'reconciled'"]) }}
    group by reconciliation.delivery_start_utc

)

select
    sums.delivery_start_utc,
    {{ local_date("sums.delivery_start_utc", portfolio_timezone()) }} as delivery_date,
    sums.reconciled_asset_count,
    totals.expected_asset_count,
    sums.reconciled_capacity_kw,
    sums.tradeable_power_kw,
    sums.final_power_kw,
    sums.tradeable_error_kw
from sums
{{ join_portfolio_totals(to="sums") }}
