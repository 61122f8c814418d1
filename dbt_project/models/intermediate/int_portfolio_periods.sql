{{ config(
    materialized="incremental",
    unique_key=["asset_id", "valid_from_utc"],
    meta={
        "reads": ["technical_data", "asset_contracts"],
        "log_keys": ["asset_id"],
        "log_period": ["valid_from_utc", "valid_to_utc"],
    },
) }}

with terms as (

    select
        asset_id,
        contract_id,
        contract_capacity_kw,
        valid_from_utc,
        valid_to_utc
    from {{ ref("int_contract_terms") }}

),

technical_periods as (

    select
        asset_id,
        capacity_kw,
        status,
        valid_from_utc,
        coalesce(valid_to_utc, {{ end_of_time() }}) as valid_to_utc
    from {{ ref("int_asset_technical_periods") }}

),

exports as (

    select count(*) as export_count from {{ ref("stg_crm__contract_exports") }}

),

-- Without any export, being operational is all that is known of belonging to the portfolio.
memberships as (

    select
        asset_id,
        contract_id,
        contract_capacity_kw,
        valid_from_utc,
        valid_to_utc
    from terms
    union all
    select
        technical_periods.asset_id,
        '' as contract_id,
        null as contract_capacity_kw,
        technical_periods.valid_from_utc,
        technical_periods.valid_to_utc
    from technical_periods
    cross join exports
    where
        exports.export_count = 0
        and technical_periods.status = 'operational'

),

changes as (

    select
        asset_id,
        valid_from_utc as changed_utc
    from memberships
    union
    select
        asset_id,
        valid_to_utc as changed_utc
    from memberships
    union
    select
        asset_id,
        valid_from_utc as changed_utc
    from technical_periods
    union
    select
        asset_id,
        valid_to_utc as changed_utc
    from technical_periods

),

segments as (

    select
        asset_id,
        changed_utc as valid_from_utc,
        lead(changed_utc) over (partition by asset_id order by changed_utc) as valid_to_utc
    from changes

),

covered as (

    select
        segments.asset_id,
        segments.valid_from_utc,
        segments.valid_to_utc,
        memberships.contract_id,
        memberships.valid_from_utc as member_from_utc,
        coalesce(technical_periods.capacity_kw, memberships.contract_capacity_kw) as capacity_kw
    from segments
    inner join memberships
        on
            segments.asset_id = memberships.asset_id
            and segments.valid_from_utc >= memberships.valid_from_utc
            and segments.valid_to_utc <= memberships.valid_to_utc
    left join technical_periods
        on
            segments.asset_id = technical_periods.asset_id
            and segments.valid_from_utc >= technical_periods.valid_from_utc
            and segments.valid_to_utc <= technical_periods.valid_to_utc

),

-- Where contracts of one asset overlap, the one that began last gives the capacity.
members as (

    {{ newest_per_key(
        "covered",
        key=["asset_id", "valid_from_utc"],
        newest_first=["member_from_utc desc", "contract_id desc"],
        columns=["asset_id", "valid_from_utc", "valid_to_utc", "capacity_kw"],
    ) }}

),

with_previous as (

    select
        asset_id,
        valid_from_utc,
        valid_to_utc,
        capacity_kw,
        lag(valid_to_utc) over asset_order as previous_to_utc,
        lag(capacity_kw) over asset_order as previous_capacity_kw
    from members
    window asset_order as (partition by asset_id order by valid_from_utc)

),

compared as (

    select
        asset_id,
        valid_from_utc,
        valid_to_utc,
        capacity_kw,
        case
            when
                previous_to_utc = valid_from_utc
                and (previous_capacity_kw is not distinct from capacity_kw)
                then 0
            else 1
        end as begins_period
    from with_previous

),

numbered as (

    select
        asset_id,
        valid_from_utc,
        valid_to_utc,
        capacity_kw,
        sum(begins_period) over (partition by asset_id order by valid_from_utc) as period_number
    from compared

)

select
    asset_id,
    capacity_kw,
    min(valid_from_utc) as valid_from_utc,
    max(valid_to_utc) as valid_to_utc
from numbered
group by asset_id, period_number, capacity_kw
