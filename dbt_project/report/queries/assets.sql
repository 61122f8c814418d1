select
    asset_id,
    asset_name,
    technology,
    capacity_kw
from assets
order by asset_id;
