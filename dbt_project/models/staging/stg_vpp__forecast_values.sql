with source as (

    select
        document_id,
        power_kw
    from {{ source("raw", "forecast_version") }}

)

select
    document_id,
    power_kw
from source
