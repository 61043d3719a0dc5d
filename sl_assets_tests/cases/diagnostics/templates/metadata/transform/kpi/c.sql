SELECT a,
  {{ centz('a') }} AS b, {{ no_such.thing(1) }} AS c
FROM {{ ref('a') }}
