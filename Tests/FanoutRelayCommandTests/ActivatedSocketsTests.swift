import Testing

@testable import FanoutRelayCommand

/// The variables of a service manager, as sd_listen_fds(3) reads them.
struct ActivatedSocketsTests {
    struct Case: CustomTestStringConvertible {
        var process: String? = "42"
        var count: String? = "2"
        var names: String?
        /// Nil for a fault.
        let expected: [String]?
        var testDescription: String { "\(process ?? "-") \(count ?? "-") \(names ?? "-")" }
    }

    @Test(arguments: [
        Case(expected: ["unknown", "unknown"]),
        Case(names: "web:admin", expected: ["web", "admin"]),
        Case(names: "web:web", expected: ["web", "web"]),
        Case(names: ":", expected: ["", ""]),
        Case(count: "1", names: "", expected: [""]),
        // Nothing was passed, or not to this process.
        Case(process: nil, expected: []),
        Case(count: nil, expected: []),
        Case(process: nil, count: nil, expected: []),
        Case(process: "43", expected: []),
        Case(process: "43", count: "rubbish", expected: []),
        // What can't be meant.
        Case(process: "", expected: nil),
        Case(process: "0", expected: nil),
        Case(process: "+42", expected: nil),
        Case(process: "42x", expected: nil),
        Case(process: "99999999999", expected: nil),
        Case(count: "", expected: nil),
        Case(count: "0", expected: nil),
        Case(count: "-1", expected: nil),
        Case(count: "257", expected: nil),
        Case(count: "99999999999", expected: nil),
        Case(names: "web", expected: nil),
        Case(names: "a:b:c", expected: nil),
        Case(names: "", expected: nil),
    ])
    func `sockets are counted from 3 on, each with a name`(given: Case) throws {
        let read = Result { () throws(ActivatedSockets.Fault) in
            try ActivatedSockets(
                listenPID: given.process,
                listenFDs: given.count,
                names: given.names,
                process: 42
            )
        }
        switch (read, given.expected) {
        case (.success(let sockets), let names?):
            #expect(sockets.sockets.map(\.name) == names)
            #expect(sockets.sockets.map(\.descriptor) == names.indices.map { Int32($0) + 3 })
        case (.failure(let fault), nil): #expect(fault.reason.hasPrefix("LISTEN_"))
        default: Issue.record("\(read)")
        }
    }

    @Test func `those of a name are found, in their order`() throws {
        let sockets = try ActivatedSockets(listenPID: "1", listenFDs: "3", names: "web:admin:web", process: 1)
        #expect(sockets.named("web").map(\.descriptor) == [3, 5])
        #expect(sockets.named(nil).map(\.descriptor) == [3, 4, 5])
        #expect(sockets.named("other").isEmpty)
    }
}
