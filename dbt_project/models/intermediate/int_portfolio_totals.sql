{{ config(materialized="incremental", unique_key=["valid_from_utc"]) }}

with members as (

    select
        asset_id,
        capacity_kw,
        valid_from_utc,
        valid_to_utc
    from {{ ref("int_portfolio_periods") }}

),

changes as (

    select valid_from_utc as changed_utc from members
    union
    select valid_to_utc as changed_utc from members
    union
    select {{ beginning_of_time() }} as changed_utc
    union
    select {{ end_of_time() }} as changed_utc

),

periods as (

    select
        changed_utc as valid_from_utc,
        lead(changed_utc) over (order by changed_utc) as valid_to_utc
    from changes

)

select
    periods.valid_from_utc,
    periods.valid_to_utc,
    count(members.asset_id)::integer as expected_asset_count,
    {{ sum_by_asset("members.capacity_kw", "members.asset_id") }} as expected_capacity_kw
from periods
left join members
    on
        periods.valid_from_utc >= members.valid_from_utc
        and periods.valid_to_utc <= members.valid_to_utc
where periods.valid_to_utc is not null
group by periods.valid_from_utc, periods.valid_to_utc
