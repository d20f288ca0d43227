internal import Glibc
internal import GraphQLTransport
internal import WebSockets
internal import Wire

/// Queries and mutations over HTTP POST, by the rules of GraphQL over HTTP.
extension PermanentSession {
    /// Sends one request to the URL that the configuration's closure gives, and takes its answer apart.
    func executeOverHTTP(_ request: GraphQLRequest, _ call: Call) async throws -> ExecutionResult {
        let mayRepeat = call.mayRepeat
        let credentials = try await credentialsOfRequest(
            within: call.timeLeft(of: configuration.executeTimeout)
        )
        let own = Set(call.headers.map { $0.name.lowercased() })
        var post = HTTPClientRequest(
            url: credentials.url,
            headers: credentials.headers.filter { !own.contains($0.name.lowercased()) } + call.headers + [
                HTTPField(name: "Content-Type", value: RequestBody.contentType),
                HTTPField(name: "Accept", value: GraphQLResponse.accept),
            ],
            body: RequestBody.encode(request)
        )
        post.timeout = call.timeLeft(of: configuration.executeTimeout)
        post.connectTimeout = configuration.connectTimeout
        post.authorityFile = configuration.authorityFile
        post.identity = configuration.clientIdentity.map { TLSIdentity($0) }
        post.proxies = configuration.proxies
        post.maximumResponseSize = configuration.maximumMessageSize
        post.isRepeatable = mayRepeat
        switch await send(post) {
        case .success(let answer): return try result(of: answer, mayRepeat: mayRepeat)
        case .failure(let error): throw failure(of: error, mayRepeat: mayRepeat)
        }
    }

    private func send(_ request: HTTPClientRequest) async -> Result<HTTPClientResponse, HTTPClientError> {
        let client = http ?? HTTPClient(on: loop)
        http = client
        let transfer = HTTPTransfer(request)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                start(transfer, with: client, continuation)
            }
        } onCancel: { [loop] in
            // Runs after the start, also when the task is cancelled already.
            loop.execute { client.cancel(transfer) }
        }
    }

    /// A method, since a closure that names nothing of the actor doesn't run on its loop.
    private func start(
        _ transfer: HTTPTransfer,
        with client: HTTPClient,
        _ continuation: CheckedContinuation<Result<HTTPClientResponse, HTTPClientError>, Never>
    ) {
        client.start(transfer) { continuation.resume(returning: $0) }
    }

    private func failure(of error: HTTPClientError, mayRepeat: Bool) -> any Error {
        if error.kind == .cancelled, Task.isCancelled { return CancellationError() }
        if error.wasSent, !mayRepeat { return SessionError.outcomeUnknown(reason: error.reason) }
        switch error.kind {
        case .timedOut: return SessionError.timedOut
        case .cancelled: return ending ?? CancellationError()
        case .tooLarge: return SessionError.tooLarge(limit: configuration.maximumMessageSize)
        case .failed, .invalidRequest:
            return HTTPFailure(reason: error.reason, isTransient: error.kind == .failed)
        }
    }

    private func result(of answer: HTTPClientResponse, mayRepeat: Bool) throws -> ExecutionResult {
        let response: GraphQLResponse
        do {
            response = try GraphQLResponse.scan(
                answer.body.span,
                contentType: answer.header("content-type"),
                status: answer.status
            )
        } catch {
            let failure = HTTPFailure(answer, error, now: Int64(time(nil)))
            guard mayRepeat || failure.leavesNoDoubt else {
                throw SessionError.outcomeUnknown(reason: failure.description)
            }
            throw failure
        }
        return try ExecutionResult(response, in: answer.body)
    }
}

extension HTTPFailure {
    fileprivate init(_ answer: HTTPClientResponse, _ error: GraphQLResponseError, now: Int64) {
        let errors: Range<Int>? = if case .status(_, let errors) = error { errors } else { nil }
        self.init(
            status: answer.status,
            reason: "\(error)",
            rawErrors: errors.map { Array(answer.body[$0]) },
            isTransient: error.isTransient,
            retryAfter: answer.header("retry-after").flatMap { RetryAfter.parse($0, now: now) }
        )
    }

    /// Whether the answer says that nothing was executed.
    ///
    /// That is a status of 3xx and 4xx, and 503 with `Retry-After`, which is a refusal. Without it a proxy may mean
    /// that the server was lost after it got the request. A success that can't be read says nothing.
    fileprivate var leavesNoDoubt: Bool {
        guard let status else { return false }
        return (300...499).contains(status) || (status == 503 && retryAfter != nil)
    }
}
