import FanoutRelay
import WebSockets
import Wire

/// Asks a relay how it is doing.
actor StateSource: LoopActor {
    nonisolated let loop: EventLoop
    private let request: HTTPClientRequest
    private var client: HTTPClient?

    /// How long an answer may take.
    private static let timeout = Duration.seconds(5)
    /// The most bytes of an answer.
    private static let limit = 4 << 20

    /// - Parameter token: The field that shows it; nil without one.
    init(of url: String, _ token: HTTPField?, authorityFile: String?, on loop: EventLoop) {
        self.loop = loop
        var request = HTTPClientRequest(get: "\(url)/state", headers: token.map { [$0] } ?? [])
        request.timeout = Self.timeout
        request.connectTimeout = Self.timeout
        request.maximumResponseSize = Self.limit
        request.authorityFile = authorityFile
        self.request = request
    }

    /// What it says now.
    func report() async throws(StateFailure) -> StateReport {
        let response: HTTPClientResponse
        switch await ask() {
        case .success(let answer): response = answer
        case .failure(let error): throw .unreachable(error.reason)
        }
        switch response.status {
        case 200: break
        case 401, 403: throw .refused(showsToken: !request.headers.isEmpty)
        case 404: throw .absent
        default: throw .status(response.status)
        }
        guard let report = StateReport(response.body) else { throw .malformed }
        return report
    }

    /// Ends a request that is under way.
    func close() {
        client?.close()
        client = nil
    }

    private func ask() async -> Result<HTTPClientResponse, HTTPClientError> {
        let client = client ?? HTTPClient(on: loop, connections: 1)
        self.client = client
        return await withCheckedContinuation { start(with: client, $0) }
    }

    /// A method, since a closure that names nothing of the actor doesn't run on its loop.
    private func start(
        with client: HTTPClient,
        _ continuation: CheckedContinuation<Result<HTTPClientResponse, HTTPClientError>, Never>
    ) {
        client.start(HTTPTransfer(request)) { continuation.resume(returning: $0) }
    }
}

/// Why a relay doesn't tell how it is doing.
enum StateFailure: Error, Equatable, CustomStringConvertible {
    case unreachable(String)
    /// An operator's token is asked for, or another one.
    case refused(showsToken: Bool)
    case absent
    case status(Int)
    case malformed

    var description: String {
        switch self {
        case .unreachable(let reason): "the relay isn't reached: \(reason)"
        case .refused(showsToken: false): "the relay asks for an operator's token: --token-file"
        case .refused(showsToken: true): "the relay doesn't take the token for an operator's"
        case .absent: "there is no /state: a relay with --admin-listen has it at that address alone"
        case .status(let status): "the relay answers \(status)"
        case .malformed: "the answer isn't the report of a relay of this version"
        }
    }
}
