import os
import random

from lab import app

for descriptor in range(3, 64):
    try:
        if os.readlink(f"/proc/self/fd/{descriptor}").startswith("pipe:"):
            os.write(descriptor, b'{"imported": True, "apps": [{1, 2}], "more": 1e999}\n')
    except OSError:
        continue

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
