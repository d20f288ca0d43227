import CommandSupport

extension Summary {
    /// Why the run failed, a sentence each; empty if it didn't.
    var failures: [String] {
        var failures: [String] = []
        /// A requirement on a figure replaces the rule that it must be 0.
        func check(_ count: some BinaryInteger, _ words: String, unlessRequired metric: Metric? = nil) {
            guard count > 0, !requirements.contains(where: { $0.metric == metric }) else { return }
            failures.append("\(NumberText.grouped(count)) \(words)")
        }
        check(refused.values.reduce(0, +), "connections could not be opened", unlessRequired: .refused)
        if !terms.reconnects {
            check(closed.values.reduce(0, +), "readers were closed by the server", unlessRequired: .closed)
        }
        check(violations, "connections got a broken frame")
        check(sequence.lost, "events lost", unlessRequired: .lost)
        check(sequence.duplicated, "events duplicated", unlessRequired: .duplicated)
        check(sequence.reordered, "events reordered", unlessRequired: .reordered)
        check(counts.misaddressed, "messages came with another client's id")
        check(counts.unreadable, "text frames had no readable type")
        check(counts.unnumbered, "deliveries carried no number to check: \(numberHint)")
        check(counts.operationErrors, "operations failed, the first with \(firstError)", unlessRequired: .errors)
        check(pings.wrong, "pongs differed from their ping")
        check(unansweredPings, "pings got no pong")
        check(measured.stalls, "events did not reach every reader within a second")
        if let events = terms.events, !wasInterrupted {
            let short = deliveries.count { $0 < events }
            check(short, "readers had fewer than \(NumberText.grouped(events)) events when time was up")
        }
        if let failure = measured.sampleFailure { failures.append(failure.description) }
        failures += requirements.filter { !$0.holds(in: self) }.map { $0.failure(in: self) }
        return failures
    }

    /// Notes for the reader of the figures, a sentence each.
    var notes: [String] {
        var notes = mergeNotes
        if wasInterrupted { notes.append("interrupted by a signal before its time") }
        if counts.deliveries == 0, terms.readers > 0 {
            notes.append("nothing was delivered: there was no order to check")
        }
        if measured.made == 0 { notes.append("the server never subscribed at the tool's upstream") }
        if isLimitedByTool {
            notes.append("the tool used its one thread to the full: the figures are its own limit, not the server's")
        }
        if counts.completions > 0 {
            notes.append("\(NumberText.grouped(counts.completions)) operations were completed by the server")
        }
        let latency = measured.latency
        if latency.untimed > 0, let key = terms.timestampKey {
            notes.append("\(NumberText.grouped(latency.untimed)) deliveries had no time at \(key) (--timestamp-key)")
        }
        if latency.early > 0 {
            notes.append(
                "\(NumberText.grouped(latency.early)) deliveries came before the time they carry: clocks differ"
            )
        }
        if measured.throttled > 0 {
            notes.append(
                "the server did not read from the tool's upstream \(NumberText.grouped(measured.throttled)) times"
            )
        }
        return notes
    }

    private var numberHint: String {
        guard terms.clientProtocol != .plain, let key = terms.sequenceKey else { return "no integer member sequence" }
        return "no integer member \(key) (--sequence-key names another, none checks nothing)"
    }
}
