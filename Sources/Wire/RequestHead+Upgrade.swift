/// The WebSocket handshake (RFC 6455, section 4.2.1).
extension RequestHead {
    /// Whether it asks for an upgrade other than WebSocket and HTTP/2, such as `TLS/1.2`: such clients ask every time.
    package var asksForAnotherProtocol: Bool {
        guard !asksForWebSocket, let upgrade = value(of: .upgrade) else { return false }
        return !upgrade.isEmpty && upgrade.lowercased() != "h2c"
    }

    /// Whether the client may send another request on the connection.
    package var keepsConnection: Bool { minorVersion > 0 && !asksForWebSocket && !has("close", in: .connection) }

    /// What is wrong with the WebSocket handshake; nil when nothing is, or it is a plain request.
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

    /// The same check of two fields that were read elsewhere.
    package static func handshakeError(key: String?, version: String?) -> RequestHeadError? {
        if version != "13" { return .upgradeVersion }
        return isKey(Array((key ?? "").utf8)[...]) ? nil : .upgradeKey
    }

    /// Whether it is base64 of 16 bytes: 22 letters and two padding characters.
    private static func isKey(_ letters: ArraySlice<UInt8>) -> Bool {
        letters.count == 24 && letters.prefix(22).allSatisfy(\.isBase64)
            && letters.suffix(2).allSatisfy { $0 == UInt8(ascii: "=") }
    }
}
