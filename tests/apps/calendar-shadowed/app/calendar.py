low = 2000
high = 9000
