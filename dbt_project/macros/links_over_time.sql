{#-
    Which `value` a contract links to a `key` at any instant, as half-open periods that neither overlap nor leave a gap.
    The newest export that names the key counts. A link holds from its contract's begin until the next contract begins;
    the first reaches back and the last reaches ahead without bound, so that whatever was measured before a contract
    began or after it ended is still known to belong somewhere.
-#}
{% macro links_over_time(key, value) %}
with contracts as (

    select
        exported_utc,
        contract_id,
        {{ key }},
        {{ value }},
        coalesce(
            {{ local_midnight("contract_begin_date", portfolio_timezone()) }},
            {{ beginning_of_time() }}
        ) as begins_utc,
        max(exported_utc) over (partition by {{ key }}) as newest_exported_utc
    from {{ ref("stg_crm__asset_contracts") }}
    where metering_point_id is not null

),

current_contracts as (

    select
        {{ key }},
        {{ value }},
        begins_utc,
        contract_id
    from contracts
    where exported_utc = newest_exported_utc

),

-- Of two contracts that begin together one has to count: the greater contract id.
links as (

    {{ newest_per_key(
        "current_contracts",
        key=[key, "begins_utc"],
        newest_first=["contract_id desc", value ~ " desc"],
        columns=[key, value, "begins_utc"],
    ) }}

),

compared as (

    select
        {{ key }},
        {{ value }},
        begins_utc,
        lag({{ value }}) over (partition by {{ key }} order by begins_utc) as previous_value
    from links

),

changes as (

    select
        {{ key }},
        {{ value }},
        begins_utc,
        previous_value
    from compared
    where previous_value is distinct from {{ value }}

)

select
    {{ key }},
    {{ value }},
    case when previous_value is null then {{ beginning_of_time() }} else begins_utc end as valid_from_utc,
    coalesce(
        lead(begins_utc) over (partition by {{ key }} order by begins_utc),
        {{ end_of_time() }}
    ) as valid_to_utc
from changes
{% endmacro %}
