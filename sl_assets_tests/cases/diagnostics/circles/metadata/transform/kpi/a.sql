select * from kpi.c
