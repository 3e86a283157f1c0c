import http.server


class Flask:
    def __init__(self, *_, **__):
        self.template_folder, self.static_folder, self.root_path, self.static_url_path = "templates", "static", ".", "/static"

    def run(self, host="127.0.0.1", port=5000, **_):
        http.server.HTTPServer((host, port), Handler).serve_forever()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        import random

        body = f"<h1>The number is {random.randint(1, 100000)}</h1>".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
