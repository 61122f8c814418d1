{{ forecast_as_of_gate(
    versions=ref("stg_vpp__forecast_versions"),
    forecast_values=ref("stg_vpp__forecast_values"),
    gate_minutes=0,
) }}
