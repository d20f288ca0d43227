/// The one message that is on its way to the log, until it is known what became of it.
///
/// Whatever goes wrong, the same bytes are appended again behind the same message, or the message that has come there
/// is read. So it is never in the log twice, and never behind one that its writer hasn't read.
struct PendingAppend {
    enum Phase {
        /// An answer to the append is awaited.
        case sent(until: Duration)
        /// The message in its place is being read.
        case reading(until: Duration)
        /// Nothing is under way; it is sent again then.
        case pausing(until: Duration)
    }

    let bytes: [UInt8]
    /// The number of the log's message that it is to follow.
    let expected: UInt64
    /// Tells it from other appends behind the same message: a leader that was demoted may come to bid there, and the
    /// answer to its former append must not make it a leader.
    let number: UInt64
    var phase: Phase
    /// Whether its writer stops afterwards, and leaves the log to the successor.
    let isHandOver: Bool

    /// When something has to be done if nothing comes.
    var deadline: Duration {
        switch phase {
        case .sent(let until), .reading(let until), .pausing(let until): until
        }
    }

    var action: LogWriter.Action { .append(bytes, after: expected, append: number) }

    /// Where it is if it is in the log.
    var place: UInt64 { expected + 1 }
}
