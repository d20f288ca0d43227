import AllowedDocuments
import GraphQLTransport
import TestSupport
import Testing

/// Whatever a client sends, a bound variable is its claim.
struct HostileRequestTests {
    private static let text =
        "subscription Orders($userId: ID!, $first: Int) { orders(userId: $userId, first: $first) { id } }"

    private static func document() throws -> AllowedDocument {
        try AllowedDocument(name: "orders", document: text, rules: ["userId": .claim("sub"), "first": .free])
    }

    private static func member(_ name: StaticString, of object: [UInt8]) -> String {
        let token = JSONScanner.member(name, of: object.indices, in: object.span)
        return String(decoding: object[token.range], as: UTF8.self)
    }

    @Test func `mutated variables give the claim, or nothing`() throws {
        let document = try Self.document()
        let seeds = [
            #"{"userId":"u1","first":5}"#, #"{"userId":"u2","userId":"u1"}"#,
            #"{"\u0075serId":"u1","first":[{"a":"u2"}]}"#,
        ]
        var generator = SplitMix(seed: 11)
        var (permitted, refused) = (0, 0)
        for _ in 0..<20_000 {
            let seed = Array(seeds[Int.random(in: 0..<seeds.count, using: &generator)].utf8)
            let bytes = generator.mutate(seed, alphabet: Array("{}[]\",:\\u12eE.0 -".utf8))
            do throws(DocumentRefusal) {
                let operation = try document.compose(bytes) { _ in Array(#""u1""#.utf8) }
                let variables = operation.request.variables ?? []
                #expect(Self.member("userId", of: variables) == #""u1""#, "\(String(decoding: bytes, as: UTF8.self))")
                let isAmbiguous = JSONScanner.hasDuplicateMembers(variables.span)
                #expect(!isAmbiguous)
                #expect(operation.request.query == Self.text)
                permitted += 1
            } catch {
                refused += 1
            }
        }
        #expect(permitted > 100 && refused > 100)
    }

    @Test func `a mutated document is the allowed one only if it has its tokens`() throws {
        let table = DocumentTable([try Self.document()])
        let canonical = try Document(parsing: Self.text).canonical
        var generator = SplitMix(seed: 12)
        var (found, others) = (0, 0)
        for _ in 0..<5_000 {
            let bytes = generator.mutate(Array(Self.text.utf8), alphabet: Array("{}()$:, \n#!aI1".utf8))
            guard let query = String(validating: bytes, as: UTF8.self) else { continue }
            let finding = table.find(try GraphQLRequest(query: query))
            if finding == .nothing {
                others += 1
            } else {
                #expect(finding == .document(0))
                #expect(try Document(parsing: query).canonical == canonical, "\(query)")
                found += 1
            }
        }
        #expect(found > 50 && others > 50)
    }
}
