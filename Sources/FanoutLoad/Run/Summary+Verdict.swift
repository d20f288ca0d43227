extension Summary {
    /// Why the run failed, a sentence each; empty if all held.
    var failures: [String] {
        var failures: [String] = []
        func check(_ count: some BinaryInteger, _ words: String) {
            if count > 0 { failures.append("\(NumberText.grouped(count)) \(words)") }
        }
        check(refused.values.reduce(0, +), "connections could not be opened")
        check(closed.values.reduce(0, +), "readers were closed by the server")
        check(violations, "connections got a broken frame")
        check(sequence.lost, "events lost")
        check(sequence.duplicated, "events duplicated")
        check(sequence.reordered, "events reordered")
        check(counts.misaddressed, "messages came with another client's id")
        check(counts.unreadable, "text frames had no readable type")
        check(counts.unnumbered, "deliveries carried no number to check: \(numberHint)")
        check(counts.operationErrors, "operations failed, the first with \(firstError)")
        check(wrongPongs, "pongs differed from their ping")
        check(unansweredPings, "pings got no pong")
        if let events = plan.events, !wasInterrupted {
            let short = deliveries.count { $0 < events }
            check(short, "readers had fewer than \(NumberText.grouped(events)) events when time was up")
        }
        return failures
    }

    /// What a reader of the figures should know, a sentence each.
    var notes: [String] {
        var notes: [String] = []
        if wasInterrupted { notes.append("interrupted by a signal before its time") }
        if counts.deliveries == 0, plan.neverReading < plan.connections {
            notes.append("nothing was delivered: there was no order to check")
        }
        if userShare + systemShare >= 0.9 {
            notes.append("the tool used its one thread to the full: the rate may be its own limit, not the server's")
        }
        if counts.completions > 0 {
            notes.append("\(NumberText.grouped(counts.completions)) operations were completed by the server")
        }
        return notes
    }

    private var numberHint: String {
        guard plan.clientProtocol != .plain, let key = plan.sequenceKey else { return "no integer member sequence" }
        return "no integer member \(key) (--sequence-key names another, none checks nothing)"
    }
}
