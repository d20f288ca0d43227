/// A stream as the server has it.
package struct StreamInfo: Sendable, Hashable {
    package let name: String
    /// How it is configured, as far as somebody here wants to know.
    package let settings: StreamSettings
    package let messages: UInt64
    package let bytes: UInt64
    /// The place of the oldest message; one after the last where there are none.
    package let firstSequence: UInt64
    /// The place of the last message that was ever stored; zero for a stream that never had one.
    package let lastSequence: UInt64
    /// The server that leads it; nil if there is none now, or the server is no part of a cluster.
    package let leader: String?

    /// Reads the answer to a question for the stream, or to its creation.
    package init(parsing bytes: [UInt8]) throws(JetStreamFailure) {
        let answer = try APIAnswer(bytes)
        let config = try answer.required("config", try answer.object("config"))
        let state = try answer.required("state", try answer.object("state"))
        name = try config.required("name", try config.text("name"))
        settings = try StreamSettings(config)
        messages = try state.required("messages", try state.number("messages"))
        self.bytes = try state.required("bytes", try state.number("bytes"))
        firstSequence = try state.required("first_seq", try state.number("first_seq"))
        lastSequence = try state.required("last_seq", try state.number("last_seq"))
        leader = try answer.object("cluster")?.text("leader")
    }
}

/// The settings of a stream that matter to the log.
package struct StreamSettings: Sendable, Hashable {
    let subjects: [String]
    let republishSource: String?
    let republishDestination: String?
    let republishesHeadersOnly: Bool
    let storage: String
    let replicas: UInt64
    let retention: String
    let discard: String
    let maximumBytes: UInt64?
    let maximumMessages: UInt64?
    let maximumMessageSize: UInt64?
    let maximumMessagesPerSubject: UInt64?
    /// In nanoseconds; zero is without limit.
    let maximumAge: UInt64
    let allowsDirectGet: Bool
    let isSealed: Bool
    let needsNoAcknowledgement: Bool

    init(_ config: APIAnswer) throws(JetStreamFailure) {
        subjects = try config.texts("subjects") ?? []
        let republish = try config.object("republish")
        republishSource = try republish?.text("src")
        republishDestination = try republish?.text("dest")
        republishesHeadersOnly = try republish?.truth("headers_only") ?? false
        storage = try config.text("storage") ?? ""
        replicas = try config.number("num_replicas") ?? 1
        retention = try config.text("retention") ?? ""
        discard = try config.text("discard") ?? ""
        maximumBytes = try config.limit("max_bytes")
        maximumMessages = try config.limit("max_msgs")
        maximumMessageSize = try config.limit("max_msg_size")
        maximumMessagesPerSubject = try config.limit("max_msgs_per_subject")
        maximumAge = try config.number("max_age") ?? 0
        allowsDirectGet = try config.truth("allow_direct") ?? false
        isSealed = try config.truth("sealed") ?? false
        needsNoAcknowledgement = try config.truth("no_ack") ?? false
    }
}

extension StreamInfo {
    /// How the stream differs from a configuration, a sentence each; none if it fits.
    ///
    /// Nothing is said of what the log doesn't depend on, such as a description. The stream is never changed.
    package func differences(from wanted: StreamConfiguration) -> [String] {
        var sentences: [String] = []
        func compare<Value: Equatable>(_ what: String, _ has: Value, _ wants: Value, _ text: (Value) -> String) {
            if has != wants { sentences.append("\(what) \(text(has)), wanted is \(text(wants))") }
        }
        let names = { (texts: [String]) in texts.isEmpty ? "nothing" : texts.joined(separator: ", ") }
        let limit = { (value: UInt64?) in value.map { "\($0)" } ?? "unlimited" }
        let word = { (text: String) in text.isEmpty ? "unknown" : text }
        let truth = { (value: Bool) in value ? "on" : "off" }
        let age = { (value: UInt64) in value == 0 ? "unlimited" : "\(Duration.nanoseconds(Int64(clamping: value)))" }
        compare("its subjects are", settings.subjects.sorted(), wanted.subjects.map(\.text).sorted(), names)
        let destination = [settings.republishDestination, wanted.republishedTo?.text].map { $0 ?? "nothing" }
        compare("it republishes to", destination[0], destination[1]) { $0 }
        if wanted.republishedTo != nil, settings.republishDestination != nil {
            compare("it republishes from", settings.republishSource ?? "", wanted.republishedFrom) { $0 }
            compare("republishing of headers only is", settings.republishesHeadersOnly, false, truth)
        }
        compare("its storage is", settings.storage, wanted.storage.rawValue, word)
        compare("its number of replicas is", settings.replicas, UInt64(wanted.replicas)) { "\($0)" }
        compare("its retention is", settings.retention, "limits", word)
        compare("what it discards is", settings.discard, "old", word)
        compare("its max_bytes is", settings.maximumBytes, UInt64(wanted.maximumBytes), limit)
        compare("its max_msgs is", settings.maximumMessages, nil, limit)
        compare("its max_msg_size is", settings.maximumMessageSize, nil, limit)
        let perSubject = wanted.maximumMessagesPerSubject.map { UInt64($0) }
        compare("its max_msgs_per_subject is", settings.maximumMessagesPerSubject, perSubject, limit)
        compare("its max_age is", settings.maximumAge, UInt64(wanted.maximumAge?.wholeNanoseconds ?? 0), age)
        compare("direct get (allow_direct) is", settings.allowsDirectGet, true, truth)
        compare("sealing is", settings.isSealed, false, truth)
        compare("publishing without acknowledgement (no_ack) is", settings.needsNoAcknowledgement, false, truth)
        return sentences
    }
}
