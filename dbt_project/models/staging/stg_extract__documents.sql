-- Without a CTE: PostgreSQL plans a view that has one by itself, and no condition could reach the indexes.
{% for source_name, facts in var("sources").items() %}
    select
        document_id,
        '{{ source_name }}' as source,
        received_utc,
        {{ facts.instant }} as instant_utc,
        source_uri
    from {{ source("raw", facts.stream) }}
    where document_id <= {{ build_sees_upto() }}
    {{ "union all" if not loop.last }}
{% endfor %}
