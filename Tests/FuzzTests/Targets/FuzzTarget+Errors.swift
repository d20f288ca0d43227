@testable import GraphQLTransport

extension FuzzTarget {
    /// Whatever a server calls errors is read within bounds, and what is made an array of errors has one at least.
    static let errors = FuzzTarget(
        name: "errors",
        words: [
            "[", "]", "{", "}", ",", ":", "\"message\":", "\"path\":", "\"locations\":", "\"line\":", "\"column\":",
            "\"extensions\":", "\"code\":", "\"a\"", "0", "-1", "99999999999999999999", "1e3", "null", "\\uD83D",
        ]
    ) { input throws(Violation) in
        var way = Way()
        let errors = GraphQLError.read(input.span)
        way.pass(UInt64(errors.count))
        try require(errors.count <= GraphQLError.limit, "more errors than the limit")
        for error in errors {
            way.pass(UInt64(error.path.count))
            way.pass(UInt64(error.locations.count))
            way.pass(error.code == nil ? 0 : 1)
            try require(error.path.count < GraphQLError.limit, "a path is cut")
            try require(error.locations.count <= GraphQLError.limit, "more places than the limit")
            let isObject = error.extensions.map { (try? JSONScanner.scanObject($0.span, maximumDepth: .max)) != nil }
            try require(isObject ?? true, "extensions are no object")
            try require(error.code == nil || error.extensions != nil, "a code without extensions")
            try require(!error.description.contains("\n"), "more lines than one")
        }
        guard (try? JSONScanner.scan(input.span)) != nil else { return way.value }
        let array = GraphQLErrors.array(input.span, in: 0..<input.count)
        try require(!GraphQLError.read(array.span).isEmpty, "no errors where there must be one")
        return way.value
    }
}
