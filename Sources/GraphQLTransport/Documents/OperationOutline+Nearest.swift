/// Finds the offered operation that is nearest to a client's.
extension OperationOutline {
    /// The most work of one search: comparing a token is one unit, and each sixteen bytes of it are one more.
    package static let searchLimit = 100_000

    /// How near an operation is; a greater value is nearer.
    private struct Nearness: Comparable {
        /// The number of tokens in common, counted from the beginning and from the end.
        var common: Int
        /// The number of other tokens in the offered operation.
        var others: Int
        /// The number of variables with equal values.
        var variables: Int

        static func < (one: Nearness, other: Nearness) -> Bool {
            if one.common != other.common { return one.common < other.common }
            if one.others != other.others { return one.others > other.others }
            return one.variables < other.variables
        }
    }

    /// The index of the nearest operation in a list; of equally near ones the first, nil for an empty list.
    ///
    /// Only whole tokens and whole values are compared, so that a client can't find out a part of a value by trying. A
    /// client's documents may be hostile and the list may be long, so the search ends at its `limit` with the nearest
    /// one so far.
    package func nearest(among offered: some Sequence<OperationOutline>, limit: Int = searchLimit) -> Int? {
        var best: (place: Int, nearness: Nearness)?
        var budget = limit
        for (place, other) in offered.enumerated() {
            guard budget > 0 || best == nil else { break }
            budget -= 1
            let common = common(with: other, &budget)
            var nearness = Nearness(common: common, others: other.tokens.count - common, variables: 0)
            if let best, nearness.common < best.nearness.common { continue }
            nearness.variables = equalVariables(with: other, &budget)
            if let known = best?.nearness, nearness <= known { continue }
            best = (place, nearness)
        }
        return best?.place
    }

    private func common(with other: OperationOutline, _ budget: inout Int) -> Int {
        let count = Swift.min(tokens.count, other.tokens.count)
        var first = 0
        while first < count, budget > 0, isEqual(first, to: other, first) {
            budget -= cost(first)
            first += 1
        }
        var last = 0
        while first + last < count, budget > 0,
            isEqual(tokens.count - 1 - last, to: other, other.tokens.count - 1 - last)
        {
            budget -= cost(tokens.count - 1 - last)
            last += 1
        }
        return first + last
    }

    private func cost(_ index: Int) -> Int { 1 + tokens[index].range.count / 16 }

    private func equalVariables(with other: OperationOutline, _ budget: inout Int) -> Int {
        var equal = 0
        for variable in other.variables.members {
            guard budget > 0 else { break }
            budget -= 1 + (variable.name.count + variable.value.count) / 16
            if variables.value(of: variable.name) == variable.value { equal += 1 }
        }
        return equal
    }
}
