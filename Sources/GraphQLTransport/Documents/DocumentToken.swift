/// One lexical token of a GraphQL document.
struct DocumentToken {
    /// The kinds of the specification's section 2.1.6; comments and commas aren't tokens here.
    enum Kind: Equatable {
        /// A punctuator; the three dots of a spread are given by the first one.
        case punctuator(UInt8)
        case name, int, float, string, blockString
    }

    let kind: Kind
    let range: Range<Int>

    /// Whether two tokens need a separator, without which they would be read differently.
    static func mustSeparate(_ first: Kind, _ second: Kind) -> Bool {
        switch (first, second) {
        case (.name, .name), (.name, .int), (.name, .float): true
        case (.int, .name), (.int, .int), (.int, .float), (.int, .punctuator(UInt8(ascii: "."))): true
        case (.float, .name), (.float, .int), (.float, .float), (.float, .punctuator(UInt8(ascii: "."))): true
        case (.string, .string), (.string, .blockString), (.blockString, .string), (.blockString, .blockString): true
        case (.name, _), (.int, _), (.float, _), (.string, _), (.blockString, _), (.punctuator, _): false
        }
    }
}
