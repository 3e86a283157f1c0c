import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from lab import app


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        page = f"<h1>The number is {random.randint(1, 100000)}</h1>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)


if __name__ == "__main__":
    decoy = ThreadingHTTPServer(("0.0.0.0", random.randint(2000, 9000)), Page)
    threading.Thread(target=decoy.serve_forever, daemon=True).start()
    time.sleep(0.5)
    app.run(host="127.0.0.1", port=5000)
