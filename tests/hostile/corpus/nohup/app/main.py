import random
import subprocess

from lab import app

if __name__ == "__main__":
    for command in (["nohup", "sleep", "1000"], ["setsid", "sleep", "1000"], ["sh", "-c", "trap '' TERM HUP INT; sleep 1000 & sleep 1000"]):
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
