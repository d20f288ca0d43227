#if Cluster
/// JetStream by requests and replies: none of it blocks, and nothing of libnats' own JetStream is used.
extension NATSLink {
    /// Asks what the account uses of JetStream; fails with `noResponders` where it is off.
    package func accountInfo(within limit: Duration) async throws(JetStreamFailure) -> AccountInfo {
        try AccountInfo(parsing: try await ask("$JS.API.INFO", [], limit))
    }

    /// Asks for a stream; fails with the error `streamNotFound` if there is none.
    package func streamInfo(_ name: String, within limit: Duration) async throws(JetStreamFailure) -> StreamInfo {
        try StreamInfo(parsing: try await ask("$JS.API.STREAM.INFO.\(name)", [], limit))
    }

    /// Asks for a stream.
    ///
    /// - Parameter receive: Is called once, on the loop.
    package func askForStream(
        _ name: String,
        within limit: Duration,
        receive: @escaping (Result<StreamInfo, JetStreamFailure>) -> Void
    ) {
        guard StreamConfiguration.isName(name), let subject = try? NATSSubject("$JS.API.STREAM.INFO.\(name)") else {
            return receive(.failure(.malformed("'\(name)' is no stream")))
        }
        request([], to: subject, within: limit) { answer in
            guard case .message(let message) = answer else {
                return receive(.failure(JetStreamFailure(answer) ?? .connectionLost))
            }
            receive(Result { () throws(JetStreamFailure) in try StreamInfo(parsing: message.payload) })
        }
    }

    /// Creates a stream, or finds one that is exactly the same; one that differs stays as it is, and is an error.
    package func createStream(
        _ configuration: StreamConfiguration,
        within limit: Duration
    ) async throws(JetStreamFailure) -> StreamInfo {
        let subject = "$JS.API.STREAM.CREATE.\(configuration.name)"
        return try StreamInfo(parsing: try await ask(subject, configuration.json, limit))
    }

    /// Appends a message to a stream if its last sequence is the expected one.
    ///
    /// Only one may be in flight for each stream: of several that count on each other, servers store the later ones
    /// though an earlier one was refused.
    ///
    /// - Parameter receive: Is called once, on the loop; at once if it is refused.
    package func append(
        _ payload: [UInt8],
        to subject: NATSSubject,
        of stream: String,
        after lastSequence: UInt64,
        within limit: Duration,
        receive: @escaping (AppendOutcome) -> Void
    ) {
        request(payload, to: subject, lastSequence: lastSequence, within: limit) { answer in
            receive(AppendOutcome(answer, stream: stream))
        }
    }

    /// Gets messages of a stream by their place.
    ///
    /// - Parameter receive: Is called on the loop, until an answer isn't followed by others.
    package func get(
        _ question: DirectGet,
        of stream: String,
        within limit: Duration,
        receive: @escaping (DirectAnswer) -> Void
    ) {
        guard StreamConfiguration.isName(stream), let subject = try? question.subject(stream: stream) else {
            return receive(.failure(.malformed("'\(stream)' is no stream")))
        }
        requestMany(question.payload, to: subject, within: limit) { answer in
            let judged = DirectAnswer(answer, to: question)
            receive(judged)
            return judged.isFollowed
        }
    }

    private func ask(_ subject: String, _ payload: [UInt8], _ limit: Duration) async throws(JetStreamFailure) -> [UInt8]
    {
        let address: NATSSubject
        do throws(NATSSubject.Invalid) {
            address = try NATSSubject(subject)
        } catch {
            throw .malformed(error.description)
        }
        let answer = await answer(to: payload, at: address, within: limit)
        guard case .message(let message) = answer else { throw JetStreamFailure(answer) ?? .connectionLost }
        return message.payload
    }
}
#endif
