import os


def make(folder, aims):
    os.mkdir(f"{folder}/static")
    for number in range(3000):
        os.close(os.open(f"{folder}/static/{number}", os.O_CREAT | os.O_WRONLY))
