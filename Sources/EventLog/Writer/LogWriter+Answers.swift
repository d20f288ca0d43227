/// What becomes of the message that is on its way.
///
/// Answers may be late, missing or twice. They name the append; what doesn't name the one under way is passed over.
extension LogWriter {
    /// The append is stored under a number.
    package mutating func acknowledged(_ sequence: UInt64, of append: UInt64, time: UInt64, now: Duration)
        -> [Action]
    {
        guard let pending, pending.number == append else { return [] }
        // A log that stored it anywhere else doesn't do as it was asked; what is there decides.
        guard sequence == pending.place else { return look(now: now) }
        return succeed(time: time, now: now)
    }

    /// The log's last message was another one than expected: this append's own first copy, or somebody else's.
    package mutating func refused(of append: UInt64, now: Duration) -> [Action] {
        guard let pending, pending.number == append else { return [] }
        // While it is being read, or soon will be, another refusal says nothing new.
        guard case .sent = pending.phase else { return [] }
        counts.conflicts += 1
        return look(now: now)
    }

    /// The append had no answer, or one that says nothing about what was stored.
    package mutating func failed(of append: UInt64, now: Duration) -> [Action] {
        guard let pending, pending.number == append else { return [] }
        return pause(now: now)
    }

    /// A message was read as asked.
    package mutating func found(_ bytes: [UInt8], at sequence: UInt64, time: UInt64, now: Duration) -> [Action] {
        guard let pending, pending.place == sequence else { return [] }
        return bytes == pending.bytes
            ? succeed(time: time, now: now) : yield(.refusedAppend, now: now)
    }

    /// The message couldn't be read: it isn't there, not yet, or nobody answered.
    package mutating func missing(_ sequence: UInt64, now: Duration) -> [Action] {
        guard let pending, pending.place == sequence, case .reading = pending.phase else { return [] }
        return pause(now: now)
    }

    /// Takes note of a message that was read from the log, each once and in order.
    ///
    /// - Parameter message: What the bytes mean; nil when they are none that this release reads.
    package mutating func read(
        _ bytes: [UInt8],
        as message: LogMessage?,
        at sequence: UInt64,
        time: UInt64,
        now: Duration
    ) -> [Action] {
        term = max(term, message?.term ?? 0)
        switch state {
        case .follower(var follower):
            follower.heard = now
            follower.isSummoned =
                message?.records.contains { $0.content == .handOver(successor: identity.node) } ?? false
            state = .follower(follower)
            return []
        case .candidate(_, _, let pending):
            guard sequence > pending.expected else { return [] }
            return bytes == pending.bytes && sequence == pending.place
                ? succeed(time: time, now: now) : yield(.foreignMessage, now: now)
        case .leader(let leadership):
            guard sequence > leadership.end else {
                // Since its term's record there is nothing but its own, unless the log was rewound behind its back.
                let isOwn = sequence < leadership.start || message?.writer == identity.incarnation
                return isOwn ? [] : demote(.rewound, now: now)
            }
            guard let pending, sequence == pending.place, bytes == pending.bytes else {
                return yield(leadership.yields == nil ? .foreignMessage : .handedOver, now: now)
            }
            return succeed(time: time, now: now)
        }
    }

    /// The log isn't what was read before.
    package mutating func rewound(now: Duration) -> [Action] {
        switch state {
        case .follower: follow(now: now, [])
        case .candidate, .leader: yield(.rewound, now: now)
        }
    }

    /// The append that is under way.
    private var pending: PendingAppend? {
        switch state {
        case .follower: nil
        case .candidate(_, _, let pending): pending
        case .leader(let leadership): leadership.pending
        }
    }

    private mutating func enter(_ phase: PendingAppend.Phase) {
        switch state {
        case .follower: break
        case .candidate(let term, let since, var pending):
            pending.phase = phase
            state = .candidate(term: term, since: since, pending)
        case .leader: _ = state.withLeadership { $0.pending?.phase = phase }
        }
    }

    /// Reads what is in the place of the append.
    private mutating func look(now: Duration) -> [Action] {
        guard let pending else { return [] }
        enter(.reading(until: now + timing.answer))
        return [.read(pending.place)]
    }

    private mutating func pause(now: Duration) -> [Action] {
        enter(.pausing(until: now + timing.pause))
        return []
    }

    /// Appends the same again, behind the same message.
    mutating func again(now: Duration) -> [Action] {
        guard let pending else { return [] }
        counts.doubts += 1
        enter(.sent(until: now + timing.answer))
        return [pending.action]
    }

    /// Somebody else's message is in the place of this node's.
    private mutating func yield(_ reason: Demotion, now: Duration) -> [Action] {
        guard case .candidate = state else { return demote(reason, now: now) }
        counts.lost += 1
        return follow(now: now, [.lost])
    }

    /// The append is in the log.
    private mutating func succeed(time: UInt64, now: Duration) -> [Action] {
        counts.appends += 1
        switch state {
        case .follower: return []
        case .candidate(let term, _, let pending):
            self.term = max(self.term, term)
            counts.takeovers += 1
            let prefix = String(identity.incarnation, radix: 16) + "-" + String(term, radix: 16)
            state = .leader(
                Leadership(
                    term: term,
                    start: pending.place,
                    end: pending.place,
                    acknowledged: now,
                    spoke: now,
                    outbox: Outbox(packer: packer, limits: limits, epochPrefix: prefix)
                )
            )
            return [.won(term: term)]
        case .leader:
            _ = state.withLeadership { leadership in
                leadership.end += 1
                leadership.acknowledged = now
                let isHandOver = leadership.pending.take()?.isHandOver ?? false
                if isHandOver { leadership.yields = now + timing.handOver }
            }
            return flush(time: time, now: now)
        }
    }
}
