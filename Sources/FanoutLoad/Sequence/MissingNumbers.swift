/// The holes in the numbers of one connection, lowest first, bounded in their count.
struct MissingNumbers {
    /// Neighbouring numbers that never arrived.
    struct Hole: Equatable {
        /// The missing numbers.
        var numbers: ClosedRange<Int64>
        /// Whether the server had told of a gap there.
        var wasTold: Bool
    }

    /// What became of a number that arrived late.
    enum Removal: Equatable {
        /// It was missing, and no longer is.
        case removed(wasTold: Bool)
        /// It lies where holes had to be forgotten: nobody knows whether it was missing.
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
            // Half at a time, so that a stream full of holes doesn't move the array for each of them.
            forgottenThrough = holes[Self.capacity / 2 - 1].numbers.upperBound
            holes.removeFirst(Self.capacity / 2)
        }
        holes.append(hole)
    }

    /// Takes a late number out of its hole, which it may shorten, split or close.
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
