"""An issuer of access tokens, for the functions that verify one themselves."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.deployed import CLIENT_ID, ISSUER


class Issuer:
    """An issuer of access tokens, with its keys on this machine."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(65537, 2048)
        public: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(self._key.public_key()))
        document = json.dumps({"keys": [public | {"kid": "one", "use": "sig"}]}).encode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(document)

            def log_message(self, format: str, *args: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.jwks_url = f"http://127.0.0.1:{self._server.server_port}/jwks.json"

    def token(self, user_id: UUID, **changes: Any) -> str:
        claims = {"sub": str(user_id), "iss": ISSUER, "client_id": CLIENT_ID, "token_use": "access", "exp": 4102444800}
        return jwt.encode(claims | changes, self._key, algorithm="RS256", headers={"kid": "one"})

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
