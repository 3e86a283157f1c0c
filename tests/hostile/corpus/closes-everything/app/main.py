import os
import random

from lab import app

os.closerange(3, 4096)
for descriptor in range(3):
    try:
        os.dup2(os.open("/dev/null", os.O_RDWR), descriptor)
    except OSError:
        pass

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
