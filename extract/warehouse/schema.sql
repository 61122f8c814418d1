-- The raw schema: a row is a received document. Append-only: nothing here is updated or deleted.
-- Idempotent: every statement may be run again.

create schema if not exists raw;

-- One sequence for all sources, so that a document id names one document wherever it landed.
create sequence if not exists raw.document_id;

-- A landing holds the lock of this table, so that document ids become visible in their order. Always empty. It is
-- a table lock because only a role that may update the table can take it; anyone can take an advisory lock.
create table if not exists raw.landing_lock ();
-- Of two sessions that create this schema at once, one waits here.
lock table raw.landing_lock in share row exclusive mode;
do $$
begin
    -- Roles that could land before this table existed still can.
    if to_regrole('vpp_loader') is not null then
        grant update on raw.landing_lock to vpp_loader;
    end if;
end
$$;

-- A run of the extractor.
create table if not exists raw.run (
    run_id bigint generated always as identity primary key,
    started_utc timestamptz not null,
    command text not null
);
-- Those that had an address where it ran; runs of before this column name none.
alter table raw.run add column if not exists asked_sources text [] not null default '{}';

-- The ledger of files: what was seen at an address, and which bytes were there.
-- A file whose stamp (size, modification time, ETag) equals the newest observation's is not read again.
create table if not exists raw.file_observation (
    observation_id bigint generated always as identity primary key,
    source_uri text not null,
    stamp text not null,
    content_sha256 bytea not null,
    observed_utc timestamptz not null,
    run_id bigint not null
);
create index if not exists file_observation_by_address
    on raw.file_observation (source_uri, observation_id);

-- One technical data file: every asset that it lists, as received, except that mail addresses are crossed out.
create table if not exists raw.technical_data (
    document_id bigint primary key default nextval('raw.document_id'),
    created_utc timestamptz not null,
    assets jsonb not null,
    source_uri text not null,
    content_sha256 bytea not null,
    received_utc timestamptz not null,
    run_id bigint not null
);

-- One export of asset contracts: every row as text, without the personal data that is dropped before landing.
create table if not exists raw.asset_contracts (
    document_id bigint primary key default nextval('raw.document_id'),
    exported_utc timestamptz not null,
    contracts jsonb not null,
    source_uri text not null,
    content_sha256 bytea not null,
    received_utc timestamptz not null,
    run_id bigint not null
);

-- One forecast version of one asset: power_kw[n] is the quarter-hour that starts at
-- grid_start_utc + (n - 1) * 15 minutes; a quarter-hour without a forecast is null.
create table if not exists raw.forecast_version (
    document_id bigint primary key default nextval('raw.document_id'),
    version_utc timestamptz not null,
    grid_start_utc timestamptz not null,
    received_utc timestamptz not null,
    run_id bigint not null,
    asset_id text not null,
    source_uri text not null,
    content_sha256 bytea not null,
    power_kw double precision [] not null
);
alter table raw.forecast_version
    add column if not exists value_count integer generated always as (cardinality(power_kw)) stored;
drop index if exists raw.forecast_version_by_asset;
-- Read by slices and never searched: compressing the values would cost more than it saves.
alter table raw.forecast_version alter column power_kw set storage external;
-- In the order in which the forecast engine reads the versions, the newest receipt of each first, with all that it
-- needs except the values.
create index if not exists forecast_version_in_order
    on raw.forecast_version (asset_id, version_utc, received_utc desc, content_sha256 desc)
    include (document_id, grid_start_utc, value_count);

create or replace function raw.earliest(instants timestamptz []) returns timestamptz
language sql immutable strict parallel safe
return (select min(instant) from unnest(instants) as instant);

create or replace function raw.latest(instants timestamptz []) returns timestamptz
language sql immutable strict parallel safe
return (select max(instant) from unnest(instants) as instant);

-- One live file of one asset: three arrays of equal length, in the order of the document.
create table if not exists raw.live_infeed (
    document_id bigint primary key default nextval('raw.document_id'),
    asset_id text not null,
    measured_utc timestamptz [] not null,
    power_kw double precision [] not null,
    quality double precision [] not null,
    measured_from_utc timestamptz generated always as (raw.earliest(measured_utc)) stored,
    measured_to_utc timestamptz generated always as (raw.latest(measured_utc)) stored,
    source_uri text not null,
    content_sha256 bytea not null,
    received_utc timestamptz not null,
    run_id bigint not null
);
create index if not exists live_infeed_by_asset on raw.live_infeed (asset_id, measured_to_utc);

-- One metering point of one final production file, on the same kind of grid as a forecast version.
create table if not exists raw.final_production (
    document_id bigint primary key default nextval('raw.document_id'),
    metering_point_id text not null,
    issued_date date not null,
    grid_start_utc timestamptz not null,
    power_kw double precision [] not null,
    source_uri text not null,
    content_sha256 bytea not null,
    received_utc timestamptz not null,
    run_id bigint not null
);
create index if not exists final_production_by_metering_point on raw.final_production (metering_point_id, grid_start_utc);

-- One redispatch file of one metering point: arrays of equal length, in the order of the document.
create table if not exists raw.redispatch_flag (
    document_id bigint primary key default nextval('raw.document_id'),
    metering_point_id text not null,
    issued_utc timestamptz not null,
    delivery_start_utc timestamptz [] not null,
    delivery_end_utc timestamptz [] not null,
    is_redispatched boolean [] not null,
    source_uri text not null,
    content_sha256 bytea not null,
    received_utc timestamptz not null,
    run_id bigint not null
);
create index if not exists redispatch_flag_by_metering_point on raw.redispatch_flag (metering_point_id);

-- What was received and could not be landed: the bytes as received, and why. The document stays here for ever; one that
-- landed after a fix is named in quarantine_release.
create table if not exists raw.quarantine (
    document_id bigint primary key default nextval('raw.document_id'),
    source text not null,
    reason text not null,
    content bytea not null,
    content_bytes bigint not null,
    source_uri text not null,
    content_sha256 bytea not null,
    received_utc timestamptz not null,
    run_id bigint not null
);
create index if not exists quarantine_by_address on raw.quarantine (source_uri, content_sha256);

-- A quarantined document that has landed since.
create table if not exists raw.quarantine_release (
    document_id bigint primary key default nextval('raw.document_id'),
    quarantined_document_id bigint not null unique,
    received_utc timestamptz not null,
    run_id bigint not null
);

-- A landed document that no longer counts: from the next build on, it is as if it had never arrived.
create table if not exists raw.retraction (
    document_id bigint primary key default nextval('raw.document_id'),
    retracted_document_id bigint not null unique,
    reason text not null,
    received_utc timestamptz not null,
    run_id bigint not null
);

-- One file of the prices that the grid operator pays for redispatched energy: arrays of equal length; a missing price
-- is null.
create table if not exists raw.redispatch_compensation (
    document_id bigint primary key default nextval('raw.document_id'),
    issued_date date not null,
    delivery_start_utc timestamptz [] not null,
    delivery_end_utc timestamptz [] not null,
    price_eur_per_mwh double precision [] not null,
    delivery_from_utc timestamptz generated always as (raw.earliest(delivery_start_utc)) stored,
    delivery_to_utc timestamptz generated always as (raw.latest(delivery_end_utc)) stored,
    source_uri text not null,
    content_sha256 bytea not null,
    received_utc timestamptz not null,
    run_id bigint not null
);
create index if not exists redispatch_compensation_by_delivery on raw.redispatch_compensation (delivery_to_utc);

-- One file of imbalance prices, estimated or final: arrays of equal length; a missing price is null.
create table if not exists raw.imbalance_price (
    document_id bigint primary key default nextval('raw.document_id'),
    price_status text not null check (price_status in ('final', 'estimate')),
    made_utc timestamptz not null,
    delivery_start_utc timestamptz [] not null,
    short_price_eur_per_mwh double precision [] not null,
    long_price_eur_per_mwh double precision [] not null,
    first_delivery_start_utc timestamptz generated always as (raw.earliest(delivery_start_utc)) stored,
    last_delivery_start_utc timestamptz generated always as (raw.latest(delivery_start_utc)) stored,
    source_uri text not null,
    content_sha256 bytea not null,
    received_utc timestamptz not null,
    run_id bigint not null
);
create index if not exists imbalance_price_by_delivery on raw.imbalance_price (last_delivery_start_utc);

-- A forecast version that could not be had: it did not exist (404), the answer was refused (and put in quarantine),
-- or there was none although the API answered for others. When a version is retried follows from these rows.
create table if not exists raw.forecast_absence (
    asset_id text not null,
    version_utc timestamptz not null,
    asked_utc timestamptz not null,
    is_refused boolean not null,
    run_id bigint not null
);
create index if not exists forecast_absence_by_asset on raw.forecast_absence (asset_id, version_utc, asked_utc);
alter table raw.forecast_absence add column if not exists is_answered boolean not null default true;

-- What all received documents have in common. Add a new source here too.
create or replace view raw.document (
    document_id, source, asset_id, metering_point_id, instant_utc, made_utc, received_utc, source_uri
) as
select
    document_id, 'technical-data', null::text, null::text, created_utc, created_utc, received_utc, source_uri
from raw.technical_data
union all
select document_id, 'asset-contracts', null, null, exported_utc, exported_utc, received_utc, source_uri
from raw.asset_contracts
union all
-- No made_utc: a forecast repeats the version that was asked for, and a live file does not say when it was made.
select document_id, 'forecasts', asset_id, null, version_utc, null, received_utc, source_uri
from raw.forecast_version
union all
select document_id, 'live-infeed', asset_id, null, measured_to_utc, null, received_utc, source_uri
from raw.live_infeed
union all
select
    document_id, 'final-production', null, metering_point_id, grid_start_utc,
    issued_date::timestamp at time zone 'UTC', received_utc, source_uri
from raw.final_production
union all
select document_id, 'redispatch', null, metering_point_id, issued_utc, issued_utc, received_utc, source_uri
from raw.redispatch_flag
union all
select
    document_id, 'redispatch-compensation', null, null, delivery_from_utc,
    issued_date::timestamp at time zone 'UTC', received_utc, source_uri
from raw.redispatch_compensation
union all
select document_id, 'imbalance-prices', null, null, made_utc, made_utc, received_utc, source_uri
from raw.imbalance_price;
