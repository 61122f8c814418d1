{{ config(materialized="incremental", unique_key=["contract_row"]) }}

with listings as (

    select
        exported_utc,
        contract_id,
        asset_id,
        metering_point_id,
        contract_capacity_kw,
        technology,
        contract_begin_date,
        contract_end_date
    from {{ ref("stg_crm__asset_contracts") }}

),

exports as (

    select
        exported_utc,
        lead(exported_utc) over (order by exported_utc) as next_exported_utc
    from {{ ref("stg_crm__contract_exports") }}

),

newest_listing as (

    {{ newest_per_key(
        "listings",
        key=["contract_id", "asset_id", "metering_point_id", "contract_begin_date"],
        newest_first=["exported_utc desc"],
        columns=[
            "contract_id",
            "asset_id",
            "metering_point_id",
            "contract_begin_date",
            "contract_end_date",
            "contract_capacity_kw",
            "technology",
            "exported_utc",
        ],
    ) }}

),

periods as (

    select
        newest_listing.contract_id,
        newest_listing.asset_id,
        newest_listing.metering_point_id,
        newest_listing.contract_begin_date,
        newest_listing.contract_capacity_kw,
        newest_listing.technology,
        newest_listing.exported_utc,
        coalesce(
            {{ local_midnight("newest_listing.contract_begin_date", portfolio_timezone()) }},
            {{ beginning_of_time() }}
        ) as valid_from_utc,
        -- No export follows the newest one.
        least(
            coalesce(
                {{ local_midnight("newest_listing.contract_end_date + 1", portfolio_timezone()) }},
                {{ end_of_time() }}
            ),
            coalesce(exports.next_exported_utc, {{ end_of_time() }})
        ) as valid_to_utc
    from newest_listing
    inner join exports on newest_listing.exported_utc = exports.exported_utc

)

select
    -- A key cannot hold NULL, and no id has a line break.
    md5(
        concat_ws(
            chr(10),
            contract_id,
            asset_id,
            coalesce(metering_point_id, ''),
            coalesce({{ text_of_date("contract_begin_date") }}, '')
        )
    ) as contract_row,
    contract_id,
    asset_id,
    metering_point_id,
    contract_capacity_kw,
    technology,
    exported_utc,
    valid_from_utc,
    valid_to_utc
from periods
where valid_from_utc < valid_to_utc
