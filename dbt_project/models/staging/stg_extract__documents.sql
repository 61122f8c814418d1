{%- set streams = [
    "technical_data",
    "asset_contracts",
    "forecast_version",
    "live_infeed",
    "final_production",
    "redispatch_flag",
] -%}

with documents as (

    {% for stream in streams %}
        select
            document_id,
            '{{ stream }}' as stream,
            received_utc,
            source_uri
        from {{ source("raw", stream) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    document_id,
    stream,
    received_utc,
    source_uri
from documents
