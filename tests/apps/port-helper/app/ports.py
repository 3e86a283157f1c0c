from random import randrange


def free_port():
    return randrange(2000, 9001)
