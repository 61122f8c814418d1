{#-
    What persistence can repeat: the live quarter-hours with a value in which the asset was not redispatched. Nobody measured
    what a curtailed plant would have fed in.

    Flags are counted rather than asked for with `not exists`: PostgreSQL would make that an anti join, and each lookup
    of one live value could then read all flags of the asset.
-#}
{% macro uncurtailed_live() -%}
    select
        live.asset_id,
        live.delivery_start_utc,
        live.power_kw
    from {{ ref("live_infeed") }} as live
    where
        live.power_kw is not null
        and (
            select count(*) = 0 from {{ ref("int_redispatched_quarter_hours") }} as redispatched
            where
                redispatched.asset_id = live.asset_id
                and redispatched.delivery_start_utc = live.delivery_start_utc
        )
{%- endmacro %}
