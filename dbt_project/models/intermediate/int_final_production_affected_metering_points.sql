with changes as (

    {{ changes_since(
        "dso_unmapped_production",
        "metering_point_id",
        ["int_final_production_newest", "int_metering_point_assets"],
    ) }}

)

select
    key as metering_point_id,
    from_utc,
    to_utc
from changes
