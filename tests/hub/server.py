# SPDX-License-Identifier: MIT
# server.py LOG serves the repository org/tiny as the Hugging Face Hub does, on 127.0.0.1: prints
# the port, and writes every request to LOG. The large file is on another server (localhost), whose
# first answer ends after 100,000 bytes, and which takes a while.
import hashlib
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {"config.json": b'{"hidden_size": 4}\n', "empty.txt": b"",
         "weights/model.safetensors": bytes((i * i >> 7) & 127 for i in range(300_000))}
LARGE = "weights/model.safetensors"
log = open(sys.argv[1], "a", buffering=1)
served = 0


def etag(name):
    data = FILES[name]
    if name == LARGE:
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def entry(name):
    large = {"oid": etag(name), "size": len(FILES[name])}
    return {"type": "file", "path": name, "size": len(FILES[name]), "oid": "0" * 40,
            **({"lfs": {**large, "pointerSize": 100}} if name == LARGE else {})}


class Hub(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        log.write(f"{self.command} {self.path} {self.headers.get('Range', '')}\n")

    def answer(self, status, body=b"", cut=None, **headers):
        self.send_response(status)
        headers.setdefault("Content_Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body[:cut])
        self.close_connection = cut is not None

    def storage(self):
        global served
        served += 1
        time.sleep(0.5)
        data, asked = FILES[LARGE], self.headers.get("Range")
        start = int(asked[6:].split("-")[0]) if asked else 0
        said = {"Content_Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if asked else {}
        self.answer(206 if asked else 200, data[start:], 100_000 if served == 1 else None, **said)

    def do_GET(self):
        path = self.path.split("?")[0]
        start = next((s for s in (f"/org/tiny/resolve/{r}/" for r in ("main", COMMIT))
                      if path.startswith(s)), None)
        name = path[len(start):] if start else None
        if path == "/storage":
            self.storage()
        elif path == "/api/models/org/tiny/revision/main":
            siblings = [{"rfilename": name} for name in FILES]
            self.answer(200, json.dumps({"id": "org/tiny", "sha": COMMIT, "private": False,
                                         "siblings": siblings}).encode())
        elif path.startswith(f"/api/models/org/tiny/tree/{COMMIT}"):
            self.answer(200, json.dumps([entry(name) for name in FILES]).encode())
        elif name == LARGE:
            self.answer(302, X_Repo_Commit=COMMIT, X_Linked_Etag=f'"{etag(name)}"',
                        X_Linked_Size=str(len(FILES[name])),
                        Location=f"http://localhost:{server.server_port}/storage")
        elif name in FILES:
            self.answer(200, FILES[name], X_Repo_Commit=COMMIT, ETag=f'"{etag(name)}"')
        else:
            self.answer(404, X_Repo_Commit=COMMIT, X_Error_Code="EntryNotFound")

    do_HEAD = do_GET


server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
print(server.server_port, flush=True)
server.serve_forever()
