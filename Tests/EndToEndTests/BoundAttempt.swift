import AccessTokens

/// A way to ask for another user's orders, over GraphQL's WebSockets.
struct BoundAttempt: CustomStringConvertible {
    let description: String
    /// The payload of a subscribe, with `OTHER` where the other user stands.
    let payload: String

    private init(_ description: String, _ payload: String) {
        self.description = description
        self.payload = payload
    }

    private static func request(
        _ description: String,
        _ query: String,
        variables: String? = nil,
        operationName: String? = nil,
        hash: String? = nil
    ) -> BoundAttempt {
        let text = query.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        var members = [#""query":"\#(text)""#]
        if let variables { members.append(#""variables":\#(variables)"#) }
        if let operationName { members.append(#""operationName":"\#(operationName)""#) }
        if let hash {
            let digits = String(decoding: SHA256Hash.hexadecimal(of: Array(hash.utf8)), as: UTF8.self)
            members.append(#""extensions":{"persistedQuery":{"version":1,"sha256Hash":"\#(digits)"}}"#)
        }
        return BoundAttempt(description, "{\(members.joined(separator: ","))}")
    }

    private static let orders = OrdersUpstream.orders
    private static let other = #"{"userId":"OTHER"}"#

    static let all: [BoundAttempt] = [
        request("a variable", orders, variables: other),
        request("a variable with an escape in its name", orders, variables: #"{"user\u0049d":"OTHER"}"#),
        request("a variable twice, the other first", orders, variables: #"{"userId":"OTHER","userId":"OWN"}"#),
        request("a variable twice, the other last", orders, variables: #"{"userId":"OWN","userId":"OTHER"}"#),
        request("a variable twice, once escaped", orders, variables: #"{"userId":"OWN","\u0075serId":"OTHER"}"#),
        request("a list", orders, variables: #"{"userId":["OTHER"]}"#),
        request("null", orders, variables: #"{"userId":null}"#),
        request("a further variable", orders, variables: #"{"userId":"OWN","id":"OTHER"}"#),
        request(
            "other white space",
            "subscription Orders($userId:ID!){orders(userId:$userId){userId n}}",
            variables: other
        ),
        request(
            "an alias",
            "subscription Orders($userId: ID!) { mine: orders(userId: $userId) { userId n } }",
            variables: other
        ),
        request(
            "an alias of the same name",
            "subscription Orders($userId: ID!) { orders: orders(userId: $userId) { userId n } }",
            variables: other
        ),
        request("a variable of another name", "subscription Orders($o: ID!) { orders(userId: $o) { userId n } }"),
        request("the value itself", #"subscription Orders { orders(userId: "OTHER") { userId n } }"#),
        request(
            "a default",
            #"subscription Orders($userId: ID! = "OTHER") { orders(userId: $userId) { userId n } }"#
        ),
        request(
            "a fragment",
            "subscription Orders($userId: ID!) { ...F } fragment F on S { orders(userId: $userId) { userId n } }",
            variables: other
        ),
        request(
            "a second operation",
            orders + #"subscription Theirs { orders(userId: "OTHER") { userId n } }"#,
            operationName: "Theirs"
        ),
        request(
            "a second operation, and the first one's name",
            orders + #"subscription Theirs { orders(userId: "OTHER") { userId n } }"#,
            variables: other,
            operationName: "Orders"
        ),
        request("another operation's name", orders, operationName: "Theirs"),
        request("an empty name", orders, variables: other, operationName: ""),
        request("the document's name", "", variables: other, operationName: "orders"),
        request("its hash", "", variables: other, hash: orders),
        request("its hash and its text", orders, variables: other, hash: orders),
        request("its hash, and another text", #"subscription { orders(userId: "OTHER") { userId n } }"#, hash: orders),
        request("its text, and another hash", orders, hash: OrdersUpstream.me),
        request("a hash that nothing has", "", hash: #"subscription { orders(userId: "OTHER") { userId n } }"#),
        request("a query", OrdersUpstream.me, variables: other),
        request("a query by its hash", "", variables: other, hash: OrdersUpstream.me),
        request("a query by its name", "", variables: other, operationName: "me"),
        request("a query of the client's own", #"{ me(userId: "OTHER") }"#),
        request("a mutation", OrdersUpstream.cancel, variables: #"{"userId":"OTHER","order":1}"#),
        request("a mutation of the client's own", #"mutation { cancel(userId: "OTHER", order: 1) }"#),
        request("a document that isn't for any user", OrdersUpstream.one, variables: #"{"region":"OTHER"}"#),
    ]

    /// The payload of one user who asks for another's.
    func payload(of own: String, for other: String) -> String {
        payload.replacing("OWN", with: own).replacing("OTHER", with: other)
    }
}
