internal import GraphQLTransport

/// What a stream of the log has to be like, or is like.
package struct StreamConfiguration: Sendable, Hashable {
    package enum Storage: String, Sendable, CaseIterable {
        case file, memory
    }

    /// The most bytes that a stream's oldest messages may have to make room for, as a part of `maximumBytes`.
    ///
    /// A message that is larger than `maximumBytes` is acknowledged and empties the stream.
    package static let smallestHistory = 8

    /// The name; neither a dot nor white space is in it.
    package var name: String
    /// What is published to the stream.
    package var subjects: [NATSSubject]
    /// Where the server publishes what it has stored, with its sequence; nobody sees there what the stream has refused.
    package var republishedTo: NATSSubject?
    package var storage: Storage
    /// On how many servers it is kept: 1, or 3 or 5 of a cluster's.
    package var replicas: Int
    /// The most bytes that are kept; the oldest messages go first.
    package var maximumBytes: Int
    /// How long a message is kept; nil for ever.
    package var maximumAge: Duration?
    /// How many messages of the same subject are kept; nil for any number.
    package var maximumMessagesPerSubject: Int?

    package init(
        name: String,
        subjects: [NATSSubject],
        republishedTo: NATSSubject? = nil,
        storage: Storage = .file,
        replicas: Int = 1,
        maximumBytes: Int,
        maximumAge: Duration? = nil,
        maximumMessagesPerSubject: Int? = nil
    ) {
        self.name = name
        self.subjects = subjects
        self.republishedTo = republishedTo
        self.storage = storage
        self.replicas = replicas
        self.maximumBytes = maximumBytes
        self.maximumAge = maximumAge
        self.maximumMessagesPerSubject = maximumMessagesPerSubject
    }

    /// Why no stream can be like that, in a sentence; nil if one can.
    ///
    /// - Parameter largestMessage: The largest message that will be published, with its headers, in bytes.
    package func flaw(largestMessage: Int) -> String? {
        guard Self.isName(name) else { return "'\(name)' is no name of a stream: letters, digits, - and _ only" }
        guard !subjects.isEmpty else { return "the stream \(name) has no subject" }
        if republishedTo != nil, subjects.count > 1 || subjects[0].isPattern {
            return "the stream \(name) republishes, and so has to have one subject without wildcards"
        }
        guard [1, 3, 5].contains(replicas) else { return "a stream has 1, 3 or 5 replicas, not \(replicas)" }
        // Its subject, headers and the store's own bytes count too, and more than one message has to stay.
        guard largestMessage <= maximumBytes / Self.smallestHistory else {
            return "a history of \(maximumBytes) bytes is too small for messages of up to \(largestMessage): "
                + "one as large as all of it would empty the stream; the least is "
                + "\(largestMessage.multipliedReportingOverflow(by: Self.smallestHistory).partialValue)"
        }
        if let maximumAge, maximumAge < .milliseconds(100) { return "a history of \(maximumAge) is too short" }
        return nil
    }

    /// Whether a text can be the name of a stream, and a token of the subjects that have it in them.
    package static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 255
            && text.utf8.allSatisfy { byte in
                byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26 || "-_".utf8.contains(byte)
            }
    }

    /// What of it is republished: servers map a literal subject to a literal one only.
    var republishedFrom: String { subjects.first?.text ?? "" }

    /// The request that creates it.
    ///
    /// Direct gets are always on: they are what holes in the reading are filled with.
    var json: [UInt8] {
        var writer = ObjectWriter()
        writer.text("name", name)
        writer.texts("subjects", subjects.map(\.text))
        writer.text("retention", "limits")
        writer.text("discard", "old")
        writer.text("storage", storage.rawValue)
        writer.number("num_replicas", replicas)
        writer.number("max_bytes", maximumBytes)
        writer.number("max_msgs", -1)
        writer.number("max_msgs_per_subject", maximumMessagesPerSubject ?? -1)
        writer.number("max_age", maximumAge?.wholeNanoseconds ?? 0)
        writer.truth("allow_direct", true)
        if let republishedTo {
            var republish = ObjectWriter()
            republish.text("src", republishedFrom)
            republish.text("dest", republishedTo.text)
            writer.raw("republish", republish.bytes)
        }
        return writer.bytes
    }
}

extension Duration {
    /// Nanoseconds as JetStream counts times, bounded to 64 bits.
    var wholeNanoseconds: Int {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowToo) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflow || overflowToo ? .max : Int(sum)
    }
}
