SELECT
  1 AS a,
  {{ 1 // 0 }} AS b
