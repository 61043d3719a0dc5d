"""The only Dagster code: assets, partitions, schedules, sensors, resources."""
