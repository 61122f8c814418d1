{{ config(materialized="incremental", unique_key=["asset_id", "valid_from_utc"]) }}

{%- set attributes = [
    "asset_name",
    "technology",
    "capacity_kw",
    "latitude",
    "longitude",
    "timezone",
    "status",
    "commissioning_date",
    "owner_name",
    "technical_attributes",
] -%}

with files as (

    select
        created_utc,
        row_number() over (order by created_utc) as file_number,
        lead(created_utc) over (order by created_utc) as next_created_utc
    from {{ ref("stg_technical_data__files") }}

),

listings as (

    select
        assets.asset_id,
        {%- for attribute in attributes %}
            assets.{{ attribute }},
        {%- endfor %}
        files.created_utc,
        files.next_created_utc,
        files.file_number
    from {{ ref("stg_technical_data__assets") }} as assets
    inner join files on assets.created_utc = files.created_utc

),

with_previous as (

    select
        *,
        {%- for attribute in attributes %}
            lag({{ attribute }}) over asset_files as previous_{{ attribute }},
        {%- endfor %}
        lag(file_number) over asset_files as previous_file_number
    from listings
    window asset_files as (partition by asset_id order by file_number)

),

compared as (

    select
        *,
        case
            when
                previous_file_number = file_number - 1
                {%- for attribute in attributes %}
                    and (previous_{{ attribute }} is not distinct from {{ attribute }})
                {%- endfor %}
                then 0
            else 1
        end as begins_period
    from with_previous

),

numbered as (

    select
        *,
        sum(begins_period) over (partition by asset_id order by file_number) as period_number,
        lead(begins_period) over (partition by asset_id order by file_number) as next_begins_period
    from compared

),

periods as (

    select
        *,
        min(created_utc) over (partition by asset_id, period_number) as valid_from_utc,
        next_created_utc as valid_to_utc
    from numbered

)

select
    asset_id,
    {%- for attribute in attributes %}
        {{ attribute }},
    {%- endfor %}
    valid_from_utc,
    valid_to_utc
from periods
where coalesce(next_begins_period, 1) = 1
