/// Checks the numbers that one connection receives: each once, in order, and none missing.
///
/// A client may join anywhere, so that the first number may be any. Counts are exact while at most
/// `MissingNumbers.capacity` separate holes are open. Beyond that a late number counts as reordered, and stays in
/// `lost`.
struct SequenceTracker {
    /// The counts of one connection, or summed over several.
    struct Counts: Equatable {
        /// Numbers that were skipped without a gap and haven't arrived since.
        var lost: UInt64 = 0
        /// Numbers that came before.
        var duplicated: UInt64 = 0
        /// Numbers that came after a higher one, or are lower than the first.
        var reordered: UInt64 = 0
        /// Gaps that the server reported.
        var gaps: UInt64 = 0
        /// Numbers that were skipped right after a reported gap.
        var skipped: UInt64 = 0
        /// Changes of the epoch, after which numbers start again.
        var restarts: UInt64 = 0
    }

    /// What has been counted so far.
    private(set) var counts = Counts()
    private var range: (first: Int64, highest: Int64)?
    private var missing = MissingNumbers()
    private var epoch: [UInt8] = []
    private var gapTold = false

    /// The number that should come next; nil before the first.
    var next: Int64? { range.map { $0.highest &+ 1 } }

    /// Notes that the server reported a gap: numbers skipped next aren't lost.
    mutating func noteGap() {
        counts.gaps &+= 1
        gapTold = true
    }

    /// Notes the epoch of the next event; a change forgets the numbers of the former epoch.
    mutating func noteEpoch(_ token: Span<UInt8>) {
        guard !token.equals(epoch) else { return }
        if !epoch.isEmpty {
            counts.restarts &+= 1
            range = nil
            missing = MissingNumbers()
        }
        epoch.removeAll(keepingCapacity: true)
        for index in token.indices { epoch.append(token[index]) }
    }

    /// Records the number of a received event.
    mutating func record(_ number: Int64) {
        defer { gapTold = false }
        guard let (first, highest) = range else {
            range = (number, number)
            return
        }
        if number > highest {
            // The difference of two Int64 always fits in a UInt64.
            let jumped = UInt64(bitPattern: number &- highest) - 1
            if jumped > 0 { noteJump(jumped, over: highest + 1...number - 1) }
            range = (first, number)
        } else if number < first {
            counts.reordered &+= 1
        } else {
            noteLate(number)
        }
    }

    private mutating func noteJump(_ count: UInt64, over numbers: ClosedRange<Int64>) {
        missing.append(.init(numbers: numbers, wasTold: gapTold))
        if gapTold {
            counts.skipped = Self.saturatingSum(counts.skipped, count)
        } else {
            counts.lost = Self.saturatingSum(counts.lost, count)
        }
    }

    private mutating func noteLate(_ number: Int64) {
        switch missing.remove(number) {
        case .removed(wasTold: true):
            counts.skipped -= 1
            counts.reordered &+= 1
        case .removed(wasTold: false):
            counts.lost -= 1
            counts.reordered &+= 1
        case .forgotten:
            counts.reordered &+= 1
        case .absent:
            counts.duplicated &+= 1
        }
    }

    fileprivate static func saturatingSum(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? .max : sum
    }
}

extension SequenceTracker.Counts {
    /// Adds another connection's counts.
    static func += (sum: inout Self, other: Self) {
        sum.lost = SequenceTracker.saturatingSum(sum.lost, other.lost)
        sum.duplicated &+= other.duplicated
        sum.reordered &+= other.reordered
        sum.gaps &+= other.gaps
        sum.skipped = SequenceTracker.saturatingSum(sum.skipped, other.skipped)
        sum.restarts &+= other.restarts
    }
}
