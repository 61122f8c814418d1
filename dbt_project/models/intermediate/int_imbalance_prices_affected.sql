with changed as (

    {{ changed_documents(
        "int_imbalance_prices",
        ref("stg_tso__imbalance_price_documents"),
    ) }}

)

select
    documents.delivery_from_utc as from_utc,
    documents.delivery_to_utc as to_utc
from changed
inner join {{ ref("stg_tso__imbalance_price_documents") }} as documents on changed.document_id = documents.document_id
