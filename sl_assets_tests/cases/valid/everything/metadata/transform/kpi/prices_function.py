def prices(stock_prices):
    return stock_prices
