KEY = "not so secret"
