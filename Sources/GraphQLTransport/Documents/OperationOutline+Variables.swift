extension OperationOutline {
    /// The values of an operation's variables.
    package struct Variables: Sendable {
        /// Sorted by name; names and values are canonical JSON, names with their quotes.
        let members: [(name: [UInt8], value: [UInt8])]

        /// Whether there are no variables.
        package var isEmpty: Bool { members.isEmpty }

        /// Reads a raw JSON object, null or nil.
        package init(_ raw: [UInt8]?) throws(ScanError) {
            let object = try CanonicalJSON.object(raw)
            var members: [(name: [UInt8], value: [UInt8])] = []
            var position = 0
            var walk = try JSONMembers(object.span, &position, depth: JSONScanner.defaultDepth)
            while let key = try walk.nextKey(object.span, &position) {
                let value = try JSONScanner.value(object.span, &position, depth: JSONScanner.defaultDepth)
                members.append((Array(object[key.range]), Array(object[value.range])))
            }
            self.members = members
        }

        /// The first variable, by name, whose value differs from the offered one; nil when all are equal.
        package func firstDifference(from offered: Variables) -> OperationDifference? {
            for (name, value) in members {
                guard let other = offered.value(of: name) else {
                    return OperationDifference(OperationDifference.Place.unknownVariable, name)
                }
                if other != value { return OperationDifference(OperationDifference.Place.variable, name) }
            }
            let missing = offered.members.first { value(of: $0.name) == nil }
            return missing.map { OperationDifference(OperationDifference.Place.missingVariable, $0.name) }
        }

        /// The value of a variable; its name is given as JSON.
        func value(of name: [UInt8]) -> [UInt8]? {
            var (low, high) = (0, members.count)
            while low < high {
                let middle = (low + high) / 2
                if members[middle].name == name { return members[middle].value }
                if members[middle].name.lexicographicallyPrecedes(name) { low = middle + 1 } else { high = middle }
            }
            return nil
        }
    }
}
