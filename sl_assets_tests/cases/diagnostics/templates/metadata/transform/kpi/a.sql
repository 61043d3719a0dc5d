-- {{what}}
select {{ nothing }} 1 as one,
  '{{ sl_start_date }}' as two
