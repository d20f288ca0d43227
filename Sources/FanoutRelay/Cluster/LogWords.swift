internal import EventLog
internal import Fanout
internal import GraphQLTransport

/// What the runner says in the log's words, and back.
extension TopicEntry {
    /// The entry of a piece of a topic's history; nil for what no record tells.
    ///
    /// - Parameter isForeign: Whether a relay upstream gave the numbers.
    init?(_ segment: Segment, isForeign: Bool) {
        switch segment.content {
        case .events(let first, let batch):
            guard let payloads = EventPayloads(bytes: batch.bytes, ends: batch.ends) else { return nil }
            self = .events(payloads, first: isForeign ? first : nil)
        case .gap(_, let reason): self = .gap(reason: reason)
        case .status(let status): self = .status(OperationStatus(status))
        case .refused: return nil
        }
    }
}

extension OperationStatus {
    init(_ status: TopicStatus) {
        self =
            switch status {
            case .waiting: .waiting
            case .live: .live
            case .interrupted: .interrupted
            case .failed: .failed
            }
    }
}

extension TopicStatus {
    init(_ status: OperationStatus) {
        self =
            switch status {
            case .waiting: .waiting
            case .live: .live
            case .interrupted: .interrupted
            case .failed: .failed
            }
    }
}

extension PayloadBatch {
    init(_ payloads: EventPayloads) { self.init(bytes: payloads.bytes, ends: payloads.ends, dropped: 0) }
}

extension FormerTopic {
    /// How the log says a topic is, for who runs its operation next.
    init(_ state: TopicState) {
        let place = state.place
        let mayLack =
            switch state.status {
            case .waiting: false
            // The server refused the operation, as far as anybody knows from the first.
            case .failed: place.sequence > 0
            case .live, .interrupted: true
            }
        self.init(
            place: state.isForeign ? ResumeToken(epoch: place.epoch, sequence: place.sequence) : nil,
            mayLack: mayLack
        )
    }
}
