with instants as (

    select
        as_of_utc,
        extracted_utc,
        {{ instant_of_text("'" ~ var("as_of_utc") ~ "'") }} as given_as_of_utc
    from {{ clock_of_build() }} as current_build

)

select
    coalesce(given_as_of_utc, as_of_utc) as built_as_of_utc,
    coalesce(given_as_of_utc, greatest(as_of_utc, extracted_utc)) as extracted_as_of_utc
from instants
