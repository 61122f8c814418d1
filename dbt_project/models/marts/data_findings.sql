{{ config(materialized="view") }}

with findings as (

    select
        source,
        asset_id,
        delivery_date,
        finding,
        other_asset_id,
        quarter_hour_count,
        error_before_kw,
        error_after_kw,
        reference,
        detail
    from {{ ref("int_findings") }}

),

never_came as (

    select
        source,
        asset_id,
        delivery_date,
        detail
    from {{ ref("int_never_came") }}

)

select
    source,
    asset_id,
    delivery_date,
    finding,
    other_asset_id,
    quarter_hour_count,
    error_before_kw,
    error_after_kw,
    reference,
    detail
from findings
union all
select
    source,
    asset_id,
    delivery_date,
    'never_came' as finding,
    null as other_asset_id,
    null as quarter_hour_count,
    null as error_before_kw,
    null as error_after_kw,
    null as reference,
    detail
from never_came
