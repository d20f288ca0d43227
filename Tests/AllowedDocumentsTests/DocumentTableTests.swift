import AccessTokens
import AllowedDocuments
import GraphQLTransport
import Testing

/// Which document a request means.
struct DocumentTableTests {
    private static let orders = "subscription Orders($userId: ID!) {\n  orders(userId: $userId) { id }\n}\n"
    private static let two = "subscription A($v: ID!) { a(v: $v) } subscription B($v: ID!) { b(v: $v) }"
    private static let third = "query { me }"

    private static let table: Result<DocumentTable, AllowedDocumentError> = {
        do throws(AllowedDocumentError) {
            return .success(
                DocumentTable([
                    try AllowedDocument(name: "orders", document: orders, rules: ["userId": .claim("sub")]),
                    try AllowedDocument(name: "a", document: two, operationName: "A", rules: ["v": .claim("sub")]),
                    try AllowedDocument(name: "me", document: third),
                ])
            )
        } catch {
            return .failure(error)
        }
    }()

    private static func hash(_ text: String) -> String {
        String(decoding: SHA256Hash.hexadecimal(of: Array(text.utf8)), as: UTF8.self)
    }

    private static func persisted(_ hash: String, version: String = "1") -> String {
        #"{"persistedQuery":{"version":\#(version),"sha256Hash":"\#(hash)"}}"#
    }

    private static func find(_ query: String, name: String? = nil, extensions: String? = nil) throws
        -> DocumentTable.Finding
    {
        try table.get().find(GraphQLRequest(query: query, operationName: name, extensions: extensions))
    }

    @Test(
        arguments: [
            (orders, nil, .document(0)), (orders, "Orders", .document(0)), (orders, "Other", nil), (orders, "", nil),
            ("subscription Orders($userId:ID!){orders(userId:$userId){id}}", nil, .document(0)),
            ("# mine\nsubscription Orders($userId: ID!,) { orders(userId: $userId,) { id, } }", nil, .document(0)),
            // Whatever differs in a token is another document.
            ("subscription Orders($userId: ID!) { mine: orders(userId: $userId) { id } }", nil, .nothing),
            ("subscription Other($userId: ID!) { orders(userId: $userId) { id } }", nil, .nothing),
            ("subscription ($userId: ID!) { orders(userId: $userId) { id } }", nil, .nothing),
            (#"subscription Orders($userId: ID! = "ben") { orders(userId: $userId) { id } }"#, nil, .nothing),
            ("subscription Orders($userId: ID) { orders(userId: $userId) { id } }", nil, .nothing),
            ("subscription Orders($other: ID!) { orders(userId: $other) { id } }", nil, .nothing),
            ("subscription Orders($userId: ID!) { orders(userId: \"ben\") { id } }", nil, .nothing),
            (
                "subscription Orders($userId: ID!) { ...F } fragment F on S { orders(userId: $userId) { id } }", nil,
                .nothing
            ),
            (orders + "subscription Ben { orders(userId: 1) { id } }", "Orders", .nothing),
            (orders + "subscription Ben { orders(userId: 1) { id } }", "Ben", .nothing),
            (two, "A", .document(1)), (two, "B", .refused(.notAllowed)), (two, nil, nil), (two, "C", nil),
            (third, nil, .document(2)),
            ("{ me }", nil, .nothing), ("query{me}", nil, .document(2)), ("", nil, .nothing),
            ("", "orders", .document(0)),
            ("# nothing", "a", .document(1)), ("", "A", .nothing), ("", "Orders", .nothing), ("{", nil, .nothing),
            ("{ me }", "orders", .nothing),
        ] as [(String, String?, DocumentTable.Finding?)]
    )
    func `a document is known by its text, its operation or its name`(
        query: String,
        name: String?,
        expected: DocumentTable.Finding?
    ) throws {
        let finding = try Self.find(query, name: name)
        if let expected { #expect(finding == expected) } else { Self.expectNoOperation(finding) }
    }

    /// A request that doesn't say which operation.
    private static func expectNoOperation(_ finding: DocumentTable.Finding) {
        guard case .refused(.operation) = finding else {
            Issue.record("\(finding)")
            return
        }
    }

    @Test(
        arguments: [
            ("", hash(orders), nil, .document(0)), ("", hash(String(orders.dropLast())), nil, .document(0)),
            ("", hash("subscription Orders($userId:ID!){orders(userId:$userId){id}}"), nil, .document(0)),
            ("", hash(orders).uppercased(), nil, .document(0)), (orders, hash(orders), nil, .document(0)),
            ("# no text", hash(orders), nil, .document(0)), ("", hash(two), "A", .document(1)),
            ("", hash(two), "B", .refused(.notAllowed)), ("", hash(two), nil, nil), ("", hash(orders), "orders", nil),
            ("", hash("{ ben }"), nil, .refused(.unknownHash)), ("", hash("{ ben }"), "orders", .refused(.unknownHash)),
            (third, hash(orders), nil, .refused(.otherHash)), (orders, hash(third), nil, .refused(.otherHash)),
            // A client that makes its hash of another spelling sends both.
            (orders, hash("{ ben }"), nil, .document(0)), ("{ ben }", hash(orders), nil, .nothing),
            ("", "00", nil, .refused(.unknownHash)), ("", hash(orders) + "0", nil, .refused(.unknownHash)),
            ("", String(repeating: "g", count: 64), nil, .refused(.unknownHash)),
        ] as [(String, String, String?, DocumentTable.Finding?)]
    )
    func `so it is by its hash, with its text or without`(
        query: String,
        hash: String,
        name: String?,
        expected: DocumentTable.Finding?
    ) throws {
        let finding = try Self.find(query, name: name, extensions: Self.persisted(hash))
        if let expected { #expect(finding == expected) } else { Self.expectNoOperation(finding) }
    }

    @Test(arguments: ["2", #""1""#, "null", "1.0"])
    func `another version is no hash`(version: String) throws {
        let extensions = Self.persisted(Self.hash(Self.orders), version: version)
        #expect(try Self.find("", extensions: extensions) == .refused(.unknownHash))
        #expect(try Self.find(Self.orders, extensions: extensions) == .document(0))
    }

    @Test func `without documents nothing is found, and a hash alone says that its text is needed`() throws {
        let extensions = Self.persisted(Self.hash(Self.orders))
        #expect(DocumentTable().find(try GraphQLRequest(query: Self.orders, extensions: extensions)) == .nothing)
        #expect(DocumentTable().find(try GraphQLRequest(query: "", extensions: extensions)) == .refused(.unknownHash))
        #expect(DocumentTable().find(try GraphQLRequest(query: "", operationName: "orders")) == .nothing)
    }
}
