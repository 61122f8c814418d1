with production_changes as (

    {{ changes_of("dso_final_production") }}

),

other_changes as (

    {{ changes_of("int_forecasts_in_force") }}
    union all
    {{ changes_of("int_redispatched_quarter_hours") }}
    union all
    {{ changes_of("int_portfolio_periods") }}
    union all
    {{ changes_of("int_asset_technical_periods") }}

),

-- A flag takes live quarter-hours out of the history, or returns them.
history_changes as (

    {{ changes_of("live_infeed") }}
    union all
    {{ changes_of("int_redispatched_quarter_hours") }}

),

final_production as not materialized (

    select
        asset_id,
        delivery_start_utc
    from {{ ref("dso_final_production") }}

),

uncurtailed_live as not materialized (

    {{ uncurtailed_live() }}

),

-- A live value persists from its end to the end of the next one: the versions made in between see it.
changed_persistence as (

    select
        history_changes.key as asset_id,
        history_changes.from_utc + interval '15 minutes' as from_version_utc,
        coalesce(
            (
                select uncurtailed_live.delivery_start_utc + interval '15 minutes' from uncurtailed_live
                where
                    uncurtailed_live.asset_id = history_changes.key
                    and uncurtailed_live.delivery_start_utc >= history_changes.to_utc
                order by uncurtailed_live.delivery_start_utc
                limit 1
            ),
            {{ end_of_time() }}
        ) as to_version_utc
    from history_changes
    -- Usually the newest live values: nothing that depends on them is settled yet.
    where
        exists (
            select final_production.asset_id from final_production
            where
                final_production.asset_id = history_changes.key
                and final_production.delivery_start_utc > history_changes.from_utc
        )

),

-- And what these versions forecast.
persistence_changes as (

    select
        changed_persistence.asset_id,
        changed_persistence.from_version_utc as from_utc,
        max(documents.grid_end_utc) as to_utc
    from changed_persistence
    inner join {{ ref("stg_vpp__forecast_documents") }} as documents
        on
            changed_persistence.asset_id = documents.asset_id
            and changed_persistence.from_version_utc <= documents.version_utc
            and changed_persistence.to_version_utc > documents.version_utc
    group by changed_persistence.asset_id, changed_persistence.from_version_utc, changed_persistence.to_version_utc

),

all_other_changes as (

    select
        key as asset_id,
        from_utc,
        to_utc
    from other_changes
    union all
    select
        asset_id,
        from_utc,
        to_utc
    from persistence_changes

)

select
    key as asset_id,
    from_utc,
    to_utc
from production_changes
union all
-- What is not settled yet cannot be verified: of all other changes, only settled quarter-hours count.
select
    all_other_changes.asset_id,
    settled.first_start_utc as from_utc,
    settled.last_start_utc + interval '15 minutes' as to_utc
from all_other_changes
cross join
    lateral (
        select
            min(final_production.delivery_start_utc) as first_start_utc,
            max(final_production.delivery_start_utc) as last_start_utc
        from final_production
        where
            final_production.asset_id = all_other_changes.asset_id
            and final_production.delivery_start_utc >= all_other_changes.from_utc
            and final_production.delivery_start_utc < all_other_changes.to_utc
    ) as settled
where settled.first_start_utc is not null
