with current_build as (

    select as_of_utc from {{ source("build", "current") }}

)

select coalesce(nullif('{{ var("as_of_utc") }}', '')::timestamptz, as_of_utc) as built_as_of_utc
from current_build
