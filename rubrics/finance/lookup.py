def lookup(symbol):
    """Name, price and symbol of a share, with prices that never change; None for one that does not exist."""
    prices = {"AAAA": ("Stock A", 28.00), "BBBB": ("Stock B", 14.00), "CCCC": ("Stock C", 2000.00)}
    symbol = (symbol or "").strip().upper()
    return {"name": prices[symbol][0], "price": prices[symbol][1], "symbol": symbol} if symbol in prices else None
