"""An issuer of JSON Web Tokens: keys that the openssl command makes, and a server that publishes them."""

import base64
import json
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def encode(value):
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


class Key:
    """A key of RSA under a name."""

    def __init__(self, directory, name):
        self.name = name
        self.path = directory / f"{name}.pem"
        openssl("genrsa", "-out", str(self.path), "2048")

    @property
    def jwk(self):
        modulus = openssl("rsa", "-in", str(self.path), "-noout", "-modulus").decode().strip().split("=")[1]
        number = encode(bytes.fromhex(modulus))
        return {"kty": "RSA", "kid": self.name, "use": "sig", "alg": "RS256", "n": number, "e": "AQAB"}

    def token(self, **claims):
        claims = {"exp": time.time() + 300, **claims}
        header = {"alg": "RS256", "kid": self.name}
        signed = ".".join(encode(json.dumps(part).encode()) for part in (header, claims))
        return signed + "." + encode(openssl("dgst", "-sha256", "-sign", str(self.path), data=signed.encode()))


def key_set(*keys):
    return json.dumps({"keys": [key.jwk for key in keys]}).encode()


class HTTPSource:
    """An HTTP server that answers as `answer` says: a function of the handler and the body that it was sent."""

    def __init__(self, answer, port=0, certificate=None):
        self.answer = answer
        self.requests = []
        source = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                source.requests.append(body)
                source.answer(self, body)

            do_GET = do_POST = handle_any

            def log_message(self, *arguments):
                pass

        ThreadingHTTPServer.allow_reuse_address = True
        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.path, certificate.key)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}/keys"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.server.shutdown()
        self.server.server_close()


def reply(body, status=200, **headers):
    """An answer that is always the same."""

    def answer(handler, _):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer
