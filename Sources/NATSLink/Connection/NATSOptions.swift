#if Cluster
internal import CNats
internal import GraphQLTransport
internal import WebSockets

/// The options of a connection to one server.
///
/// libnats' own reconnecting is off: it gives up for good after some errors, and while it connects it holds the lock
/// that every publication takes. `NATSLink` makes new connections instead.
@safe struct NATSOptions: ~Copyable {
    let pointer: OpaquePointer

    /// Makes the default ones.
    init() throws(NATSFailure) {
        try check(isOpen)
        var made: OpaquePointer?
        try check(unsafe natsOptions_Create(&made))
        guard let made = unsafe made else { throw NATSFailure("out of memory") }
        unsafe pointer = made
    }

    deinit { unsafe natsOptions_Destroy(pointer) }

    /// Sets what a configuration says, and reads the files that it names.
    ///
    /// - Parameters:
    ///   - address: Which of the server's addresses to connect to.
    ///   - handle: The number by which callbacks find the connection.
    func set(
        _ configuration: NATSLinkConfiguration,
        server: NATSServer,
        address: ServerAddress,
        handle: UInt
    ) throws(NATSFailure) {
        try check(unsafe natsOptions_SetURL(pointer, "nats://\(address.text):\(address.port)"))
        // libnats writes the name into JSON as it is.
        try check(unsafe natsOptions_SetName(pointer, Self.escaped(configuration.name)))
        try check(unsafe natsOptions_SetAllowReconnect(pointer, false))
        try check(unsafe natsOptions_SetIgnoreDiscoveredServers(pointer, true))
        try check(unsafe natsOptions_SetTimeout(pointer, configuration.connectTimeout.wholeMilliseconds))
        try check(unsafe natsOptions_SetPingInterval(pointer, configuration.pingInterval.wholeMilliseconds))
        try check(unsafe natsOptions_SetMaxPingsOut(pointer, 2))
        // Without a deadline a server that has stopped holds the thread, and libnats' only timer thread with it.
        try check(unsafe natsOptions_SetWriteDeadline(pointer, configuration.writeTimeout.wholeMilliseconds))
        // Else its flusher waits a millisecond before each write.
        try check(unsafe natsOptions_SetSendAsap(pointer, true))
        try setCredentials(configuration.credentials)
        try setTLS(configuration, server: server)
        let closure = unsafe UnsafeMutableRawPointer(bitPattern: handle)
        try check(unsafe natsOptions_SetClosedCB(pointer, natsConnectionClosed, closure))
        try check(unsafe natsOptions_SetLameDuckModeCB(pointer, natsServerIsLameDuck, closure))
        try check(unsafe natsOptions_SetErrorHandler(pointer, natsConnectionFailed, closure))
    }

    private func setCredentials(_ credentials: NATSLinkConfiguration.Credentials) throws(NATSFailure) {
        switch credentials {
        case .none: break
        case .credentialsFile(let path):
            try check(unsafe natsOptions_SetUserCredentialsFromFiles(pointer, path, nil))
        case .seedFile(let path):
            guard let key = NKeySeed(parsing: try SecretFile.text(path))?.publicKey else {
                throw NATSFailure("\(path) has no seed of a user's nkey")
            }
            try check(unsafe natsOptions_SetNKeyFromSeed(pointer, key, path))
        case .tokenFile(let path):
            try check(unsafe natsOptions_SetToken(pointer, Self.escaped(try SecretFile.text(path))))
        case .passwordFile(let user, let path):
            let password = Self.escaped(try SecretFile.text(path))
            try check(unsafe natsOptions_SetUserInfo(pointer, Self.escaped(user), password))
        }
    }

    private func setTLS(_ configuration: NATSLinkConfiguration, server: NATSServer) throws(NATSFailure) {
        if let file = configuration.authorityFile {
            try check(unsafe natsOptions_LoadCATrustedCertificates(pointer, file))
        }
        if let identity = configuration.identity {
            try check(
                unsafe natsOptions_LoadCertificatesChain(pointer, identity.certificateFile, identity.keyFile)
            )
        }
        // Also where a server asks for TLS by itself.
        try check(unsafe natsOptions_SetExpectedHostname(pointer, server.host))
        if server.isSecure { try check(unsafe natsOptions_SetSecure(pointer, true)) }
    }

    /// A text as it stands in JSON between quotes.
    private static func escaped(_ text: String) -> String {
        String(decoding: JSONString.encode(text).dropFirst().dropLast(), as: UTF8.self)
    }
}

/// The library's own start, made once: two threads that make their first connections at once would fail.
private let isOpen: natsStatus = nats_Open(-1)

extension Duration {
    /// Milliseconds as libnats takes them, at least one.
    fileprivate var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return max(1, seconds.multipliedReportingOverflow(by: 1000).partialValue + attoseconds / 1_000_000_000_000_000)
    }
}
#endif
