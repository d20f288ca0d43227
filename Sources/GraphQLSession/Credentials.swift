internal import GraphQLTransport
internal import Wire

/// What one attempt to connect, or one request over HTTP, brings along: asked for anew, so that a token can be fresh.
struct Credentials: Sendable {
    /// Where a session gets its server's address from.
    enum Source: Sendable {
        case fixed(Endpoint)
        case asked(@Sendable () async throws -> Endpoint)

        /// Gives the address.
        var closure: @Sendable () async throws -> Endpoint {
            switch self {
            case .fixed(let endpoint): { endpoint }
            case .asked(let closure): closure
            }
        }
    }

    let endpoint: Endpoint
    let headers: [HTTPField]
    let initPayload: [UInt8]?

    /// Those that no closure of the user's has to be asked for; nil when one has to.
    init?(for source: Source, without configuration: SessionConfiguration) {
        guard case .fixed(let endpoint) = source, configuration.givenHeaders == nil,
            configuration.givenInitPayload == nil
        else { return nil }
        (self.endpoint, headers, initPayload) = (endpoint, [], nil)
    }

    /// Asks the user's closures, on the executor that the task prefers, since they may block.
    @concurrent
    static func ask(
        for source: Source?,
        from configuration: SessionConfiguration,
        _ progress: ClosureProgress
    ) async -> Result<Credentials, LinkFailure> {
        guard let source else { return .failure(.unreachable(reason: "no URL")) }
        do throws(LinkFailure) {
            return .success(try await Credentials(for: source, from: configuration, progress))
        } catch {
            return .failure(error)
        }
    }

    private init(
        for source: Source,
        from configuration: SessionConfiguration,
        _ progress: ClosureProgress
    ) async throws(LinkFailure) {
        switch source {
        case .fixed(let endpoint): self.endpoint = endpoint
        case .asked(let closure):
            do {
                endpoint = try await progress.calling("the endpoint closure", closure)
            } catch {
                throw .unreachable(reason: "no URL: \(error)")
            }
        }
        let payload: String?
        do {
            headers = try await configuration.askHeaders(progress)
            payload = try await progress.calling(configuration.initPayloadName, configuration.initPayload)
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

    /// What a request over HTTP needs.
    struct OfRequest: Sendable {
        let url: String
        let headers: [HTTPField]

        /// Asks the user's closures, on the executor that the task prefers, since they may block.
        @concurrent
        static func ask(
            from configuration: SessionConfiguration,
            _ progress: ClosureProgress
        ) async -> Result<OfRequest, HTTPFailure> {
            guard let endpoint = configuration.httpEndpoint else {
                return .failure(HTTPFailure(reason: "no URL", isTransient: false))
            }
            let url: String
            do {
                url = try await progress.calling("the httpEndpoint closure", endpoint)
            } catch {
                return .failure(HTTPFailure(reason: "no URL: \(error)", isTransient: true))
            }
            do {
                let headers = try await configuration.askHeaders(progress)
                return .success(OfRequest(url: url, headers: headers))
            } catch {
                let failure = LinkFailure.credentials(reason: "\(error)")
                return .failure(HTTPFailure(reason: "\(failure)", isTransient: true))
            }
        }
    }
}

extension SessionConfiguration {
    fileprivate func askHeaders(_ progress: ClosureProgress) async throws -> [HTTPField] {
        try await progress.calling(headersName, headers).map { HTTPField(name: $0.name, value: $0.value) }
    }
}
