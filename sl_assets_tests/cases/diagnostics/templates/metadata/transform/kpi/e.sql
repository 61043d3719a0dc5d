{% set columns = ['a', 'b'] %}
-- SL_PRESQL
SET VARIABLE first = '{{ columns[0] }}';
-- SL_SQL
SELECT 1 AS {{ columns | join(', 2 AS ') }}
-- SL_POSTSQL
SELECT '{{ columns[1] }}', '{{ colums }}'
