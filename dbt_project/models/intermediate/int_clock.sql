with documents as (

    select received_utc from {{ ref("stg_extract__documents") }}

)

select
    coalesce(
        nullif('{{ var("as_of_utc") }}', '')::timestamptz,
        max(received_utc)
    ) as built_as_of_utc
from documents
