SELECT 1 AS a -- of '{{ sl_start_date }}'
WHERE '{{ sl_start_date }}' <= '2026-01-01' AND '${sl_end_date}' > '{{ sl_scheduled_date }}'
