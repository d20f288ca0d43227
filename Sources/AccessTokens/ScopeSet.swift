/// What the bearer of a token may do, all of it in one byte.
package struct ScopeSet: Sendable, Hashable, ExpressibleByArrayLiteral {
    private var bits: UInt8 = 0

    /// These scopes.
    package init(_ scopes: some Sequence<Scope>) { for scope in scopes { insert(scope) } }

    package init(arrayLiteral scopes: Scope...) { self.init(scopes) }

    package func contains(_ scope: Scope) -> Bool { bits & Self.bit(of: scope) != 0 }

    package mutating func insert(_ scope: Scope) { bits |= Self.bit(of: scope) }

    /// How many there are.
    package var count: Int { bits.nonzeroBitCount }

    private static func bit(of scope: Scope) -> UInt8 {
        switch scope {
        case .subscribe: 1
        case .execute: 2
        case .own: 4
        case .admin: 8
        }
    }
}
