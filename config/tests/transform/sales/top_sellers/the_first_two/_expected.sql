select month, rank, name, revenue from sales.top_sellers
