internal import GraphQLTransport

/// What one attempt to connect brings along: asked for anew each time, so that a token can be fresh.
struct Credentials: Sendable {
    let endpoint: Endpoint
    let headers: [(name: String, value: String)]
    let initPayload: [UInt8]?

    /// Asks the user's closures, off the loop, since they may block.
    @concurrent
    init(
        for endpoint: @Sendable () async throws -> Endpoint,
        from configuration: SessionConfiguration
    ) async throws(LinkFailure) {
        do {
            self.endpoint = try await endpoint()
        } catch {
            throw .unreachable(reason: "no URL: \(error)")
        }
        headers = try await Self.headers(from: configuration)
        let payload: String?
        do {
            payload = try await configuration.initPayload()
        } catch {
            throw .credentials(reason: "\(error)")
        }
        initPayload = payload.map { Array($0.utf8) }
        guard let initPayload else { return }
        do {
            _ = try JSONScanner.scanObject(initPayload.span)
        } catch {
            throw .credentials(reason: "the init payload is no JSON object: \(error)")
        }
    }

    /// Asks for the URL of a request over HTTP, off the loop.
    @concurrent
    static func url(from endpoint: @Sendable () async throws -> String) async throws(HTTPFailure) -> String {
        do {
            return try await endpoint()
        } catch {
            throw HTTPFailure(reason: "no URL: \(error)", isTransient: true)
        }
    }

    /// Asks for the headers alone, off the loop.
    @concurrent
    static func headers(
        from configuration: SessionConfiguration
    ) async throws(LinkFailure) -> [(name: String, value: String)] {
        do {
            return try await configuration.headers()
        } catch {
            throw .credentials(reason: "\(error)")
        }
    }
}
