internal import Wire

/// WebSocket handshakes, and other things that may be upgraded to.
extension HeadCase {
    private static let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="

    /// A handshake in which some lines are others, or none.
    private static func handshake(
        _ fields: String...,
        line: String = "GET / HTTP/1.1",
        host: String = "Host: a.example",
        upgrade: String? = "Upgrade: websocket",
        connection: String? = "Connection: Upgrade",
        key: String? = key,
        version: String? = "Sec-WebSocket-Version: 13"
    ) -> String {
        let lines = [line, host, upgrade, connection, key, version].compactMap { $0 } + fields
        return lines.map { $0 + "\r\n" }.joined() + "\r\n"
    }

    static let handshakes =
        ["X-Auth", "Auth", "Sec-WebSocket"].map {
            HeadCase(
                "a handshake with a name that others begin with: \($0)",
                handshake("\($0): b", "Origin: http://o"),
                .upgraded
            )
        } + [
            HeadCase("a handshake", handshake(), .upgraded),
            HeadCase("a handshake with an empty Host", handshake(host: "Host:"), .upgraded),
            HeadCase(
                "a handshake with an empty Host, and a path to decode",
                handshake(line: "GET /%61 HTTP/1.1", host: "Host:"),
                .upgraded
            ),
            HeadCase("websocket in capitals", handshake(upgrade: "UPGRADE: WebSocket"), .upgraded),
            HeadCase("websocket among others", handshake(upgrade: "Upgrade: h2c, websocket"), .upgraded),
            HeadCase(
                "upgrade among other options",
                handshake(connection: "Connection: keep-alive, Upgrade"),
                .upgraded
            ),
            HeadCase("upgrade in a second line", handshake("Connection: keep-alive"), .upgraded),
            HeadCase(
                "a Connection of more than libwebsockets takes",
                handshake(connection: "Connection: " + String(repeating: "a, ", count: 100) + "upgrade"),
                .upgraded
            ),
            HeadCase(
                "large extensions",
                handshake("Sec-WebSocket-Extensions: x-a; b=" + String(repeating: "c", count: 300)),
                .upgraded
            ),
            HeadCase(
                "extensions that are large together",
                handshake(
                    "Sec-WebSocket-Extensions: x-a; b=" + String(repeating: "c", count: 200),
                    "Sec-WebSocket-Extensions: x-a; b=" + String(repeating: "c", count: 200)
                ),
                .upgraded
            ),
            HeadCase(
                "an extension twice",
                handshake("Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate"),
                .upgraded
            ),
            HeadCase("a handshake by a whole URL", handshake(line: "GET http://b.example/ HTTP/1.1"), .upgraded),
            HeadCase("no version", handshake(version: nil), .refused(.upgradeVersion)),
            HeadCase("version 8", handshake(version: "Sec-WebSocket-Version: 8"), .refused(.upgradeVersion)),
            HeadCase("version 14", handshake(version: "Sec-WebSocket-Version: 14"), .refused(.upgradeVersion)),
            HeadCase(
                "version 13 and more",
                handshake(version: "Sec-WebSocket-Version: 13a"),
                .refused(.upgradeVersion)
            ),
            HeadCase(
                "a list of versions",
                handshake(version: "Sec-WebSocket-Version: 13, 8"),
                .refused(.upgradeVersion)
            ),
            HeadCase(
                "two versions",
                handshake("Sec-WebSocket-Version: 13"),
                .refused(.repeated(.webSocketVersion))
            ),
            HeadCase("no key", handshake(key: nil), .refused(.upgradeKey)),
            HeadCase("an empty key", handshake(key: "Sec-WebSocket-Key:"), .refused(.upgradeKey)),
            HeadCase("a short key", handshake(key: "Sec-WebSocket-Key: c2hvcnQ="), .refused(.upgradeKey)),
            HeadCase(
                "a long key",
                handshake(key: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZSB0b28="),
                .refused(.upgradeKey)
            ),
            HeadCase(
                "a key that is no base64",
                handshake(key: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j-_=="),
                .refused(.upgradeKey)
            ),
            HeadCase("two keys", handshake(Self.key), .refused(.repeated(.webSocketKey))),
            HeadCase("no Connection", handshake(connection: nil), .refused(.upgradeConnection)),
            HeadCase(
                "a Connection without upgrade",
                handshake(connection: "Connection: keep-alive"),
                .refused(.upgradeConnection)
            ),
            HeadCase("a handshake of HTTP/1.0", handshake(line: "GET / HTTP/1.0"), .refused(.upgradeBeforeHTTP11)),
            HeadCase("a handshake by POST", handshake(line: "POST / HTTP/1.1"), .refused(.upgradeMethod)),
            HeadCase("a handshake by HEAD", handshake(line: "HEAD / HTTP/1.1"), .refused(.upgradeMethod)),
            HeadCase("a handshake with a body", handshake("Content-Length: 5"), .refused(.upgradeBody)),
            HeadCase(
                "a handshake without a Host",
                handshake().replacing("Host: a.example\r\n", with: ""),
                .refused(.missingHost)
            ),
            HeadCase(
                "h2c as Java's HttpClient asks",
                get(
                    "/healthz",
                    "Connection: Upgrade, HTTP2-Settings",
                    "Content-Length: 0",
                    "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
                    "Upgrade: h2c",
                    "User-Agent: Java-http-client/17"
                ),
                .served
            ),
            HeadCase("TLS within HTTP", get("/", "Upgrade: TLS/1.0", "Connection: Upgrade"), .served),
            HeadCase("an upgrade that nobody knows", get("/", "Upgrade: foo", "Connection: Upgrade"), .served),
            HeadCase(
                "a name that begins like websocket",
                get("/", "Upgrade: websockets", "Connection: Upgrade"),
                .served
            ),
            HeadCase("an empty upgrade", get("/", "Upgrade:", "Connection: Upgrade"), .served),
        ]
}
