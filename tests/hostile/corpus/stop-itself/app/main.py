import os
import random
import signal

from lab import app

if __name__ == "__main__":
    os.kill(os.getpid(), signal.SIGSTOP)
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
