/// The holes in the numbers of one connection, in ascending order; their count is bounded.
struct MissingNumbers {
    /// Successive numbers that never arrived.
    struct Hole: Equatable {
        /// The missing numbers.
        var numbers: ClosedRange<Int64>
        /// Whether the server reported a gap there.
        var wasTold: Bool
    }

    /// The result for a number that arrived late.
    enum Removal: Equatable {
        /// It was missing, and isn't any more.
        case removed(wasTold: Bool)
        /// Holes in that range were forgotten, so that it is unknown whether it was missing.
        case forgotten
        /// It was not missing.
        case absent
    }

    /// The most holes kept; beyond that the lowest are forgotten.
    static let capacity = 1024

    private var holes: [Hole] = []
    private var forgottenThrough: Int64?

    /// Adds a hole above all others.
    mutating func append(_ hole: Hole) {
        if holes.count == Self.capacity {
            // Half of them at a time, so that the array isn't moved for each hole.
            forgottenThrough = holes[Self.capacity / 2 - 1].numbers.upperBound
            holes.removeFirst(Self.capacity / 2)
        }
        holes.append(hole)
    }

    /// Removes a late number from its hole, which may become shorter, split or closed.
    mutating func remove(_ number: Int64) -> Removal {
        if let forgottenThrough, number <= forgottenThrough { return .forgotten }
        guard let index = holes.lastIndex(where: { $0.numbers.contains(number) }) else { return .absent }
        let hole = holes[index]
        var rest: [Hole] = []
        if hole.numbers.lowerBound < number {
            rest.append(Hole(numbers: hole.numbers.lowerBound...number - 1, wasTold: hole.wasTold))
        }
        if hole.numbers.upperBound > number {
            rest.append(Hole(numbers: number + 1...hole.numbers.upperBound, wasTold: hole.wasTold))
        }
        holes.replaceSubrange(index...index, with: rest)
        return .removed(wasTold: hole.wasTold)
    }
}
