internal import GraphQLTransport

/// What one attempt to connect brings along: asked for anew each time, so that a token can be fresh.
struct Credentials: Sendable {
    let headers: [(name: String, value: String)]
    let initPayload: [UInt8]?

    /// Asks the user's closures, off the loop, since they may block.
    @concurrent
    init(from configuration: SessionConfiguration) async throws(LinkFailure) {
        let payload: String?
        do {
            headers = try await configuration.headers()
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
}
