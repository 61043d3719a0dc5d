from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
spark.sql("select 1 as n").createOrReplaceTempView("SL_THIS")
