/// The WebSocket handshake (RFC 6455, section 4.2.1).
extension RequestHead {
    /// Whether it asks for a WebSocket; other things to upgrade to are no reason not to serve a request (RFC 9110, 7.8).
    package var asksForWebSocket: Bool { has("websocket", in: .upgrade) }

    /// Whether it asks for another protocol, such as `TLS/1.2`, but for HTTP/2: whoever does so does it each time.
    package var asksForAnotherProtocol: Bool {
        guard !asksForWebSocket, let upgrade = value(of: .upgrade) else { return false }
        return !upgrade.isEmpty && upgrade.lowercased() != "h2c"
    }

    /// What is wrong with the handshake that it is; nil when nothing is, or it is none.
    package var handshakeError: RequestHeadError? {
        guard asksForWebSocket else { return nil }
        if method != .get { return .upgradeMethod }
        if minorVersion == 0 { return .upgradeBeforeHTTP11 }
        if !has("upgrade", in: .connection) { return .upgradeConnection }
        if hasBody { return .upgradeBody }
        guard let version = range(of: .webSocketVersion), equals(version, "13") else { return .upgradeVersion }
        guard let key = range(of: .webSocketKey), Self.isKey(bytes[key]) else { return .upgradeKey }
        return nil
    }

    /// The same of the two fields, for whoever has read them otherwise.
    package static func handshakeError(key: String?, version: String?) -> RequestHeadError? {
        if version != "13" { return .upgradeVersion }
        return isKey(Array((key ?? "").utf8)[...]) ? nil : .upgradeKey
    }

    /// 16 bytes in base64: 22 letters and two signs that fill up.
    private static func isKey(_ letters: ArraySlice<UInt8>) -> Bool {
        letters.count == 24 && letters.prefix(22).allSatisfy(\.isBase64)
            && letters.suffix(2).allSatisfy { $0 == UInt8(ascii: "=") }
    }
}
