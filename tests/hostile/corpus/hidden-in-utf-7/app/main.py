# coding: utf-7
import random

from lab import app

# it looks harmless +AAo-NOTE = "but this line is run"

if __name__ == "__main__":
    print(NOTE)
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
