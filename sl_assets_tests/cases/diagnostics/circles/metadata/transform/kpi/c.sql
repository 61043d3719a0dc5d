select * from kpi.b, kpi.c
