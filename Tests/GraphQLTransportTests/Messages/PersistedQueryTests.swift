import GraphQLTransport
import Testing

struct PersistedQueryTests {
    private static let hash = String(repeating: "0aF9", count: 16)

    @Test(
        arguments: [
            (nil, false, false), ("{}", false, false), (#"{"persistedQuery":null}"#, false, false),
            (#"{"persistedQuery":"\#(hash)"}"#, false, false),
            (#"{"persistedQuery":{"version":1,"sha256Hash":"\#(hash)"}}"#, true, true),
            (#"{"persistedQuery":{"sha256Hash":"\#(hash)","version":1,"x":2},"y":3}"#, true, true),
            (#"{"persistedQuery":{"version":2,"sha256Hash":"\#(hash)"}}"#, false, true),
            (#"{"persistedQuery":{"version":"1","sha256Hash":"\#(hash)"}}"#, false, true),
            (#"{"persistedQuery":{"sha256Hash":"\#(hash)"}}"#, false, true),
            (#"{"persistedQuery":{"version":1,"sha256Hash":"\#(hash)0"}}"#, false, true),
            (#"{"persistedQuery":{"version":1,"sha256Hash":"\#(hash.dropLast())g"}}"#, false, true),
            (#"{"persistedQuery":{"version":1,"sha256Hash":"\#(hash.dropLast())\u0041"}}"#, true, true),
            (#"{"persistedQuery":{"version":1,"sha256Hash":1}}"#, false, true),
            (#"{"persistedQuery":{"version":1}}"#, false, true),
        ] as [(String?, Bool, Bool)]
    )
    func `a hash is 64 digits of version 1`(extensions: String?, isRead: Bool, isNamed: Bool) {
        let bytes = extensions.map { Array($0.utf8) }
        let persisted = PersistedQuery(bytes)
        #expect((persisted != nil) == isRead)
        #expect(PersistedQuery.isNamed(by: bytes) == isNamed)
        let digits = persisted.map { String(decoding: $0.hash.prefix(60), as: UTF8.self) }
        #expect(digits == (isRead ? String(Self.hash.lowercased().prefix(60)) : nil))
    }
}
