import DemoUpstream
import Fanout
import FanoutRelay
import Testing

extension Loopback {
    /// `POST /graphql` and `GET /graphql`.
    @Suite(.timeLimit(.minutes(1)))
    struct GraphQLOverHTTPTests {
        private static let json = "Content-Type: application/json\r\n"
        private static let query = #"{"query":"{ serverTime }"}"#

        /// How many operations the upstream has got.
        private static func operations(_ stage: Stage) async -> Int {
            await stage.upstream.statistics { _ in true }.operations.total
        }

        private func run(allowed: Bool = true, _ body: (Stage) async throws -> Void) async throws {
            try await Stage.run([Stage.manual()]) { configuration in
                configuration.allowsExecution = allowed
                configuration.admission.allowedOrigins = ["https://good.example"]
                configuration.admission.maximumMessageSize = 2000
            } _: { stage in
                try await stage.readiness(becomes: 200)
                try await body(stage)
            }
        }

        @Test func `a query is executed, by POST and by GET, many on one connection`() async throws {
            try await run { stage in
                let peer = try Peer(port: stage.port)
                for _ in 0..<3 {
                    let posted = try await peer.post("/graphql", Self.query, headers: Self.json)
                    #expect(posted.status == 200)
                    #expect(posted.head.contains("Content-Type: application/graphql-response+json\r\n"))
                    #expect(posted.body.hasPrefix(#"{"data":{"serverTime":"#))
                    let got = try await peer.get("/graphql?query=%7B+serverTime+%7D&variables=%7B%7D")
                    #expect(got.status == 200)
                    #expect(got.body.hasPrefix(#"{"data":{"serverTime":"#))
                }
            }
        }

        @Test(arguments: [
            ("{}", "", 400), ("", "", 400), ("[]", "", 400), (#"[{"query":"{ n }"}]"#, "", 400), ("nonsense", "", 400),
            (#"{"query":1}"#, "", 400), (#"{"query":"{ n }","variables":[]}"#, "", 400),
            (#"{"query":"{ n }","operationName":7}"#, "", 400), (#"{"query":"{ n }","extensions":"x"}"#, "", 400),
            (#"{"query":"{ n"}"#, "", 400), (#"{"query":"{ n"}"#, "Accept: application/json\r\n", 200),
            (#"{"query":"query A { n } query B { n }"}"#, "", 400), (#"{"query":"{ nothing }"}"#, "", 400),
            (#"{"query":"{ nothing }"}"#, "Accept: application/json\r\n", 200),
            (#"{"query":"subscription { manual { n } }"}"#, "", 400),
            (#"{"query":"subscription { manual { n } }"}"#, "Accept: application/json\r\n", 400),
            (query, "Accept: text/html\r\n", 406), (query, "Origin: https://evil.example\r\n", 403),
        ])
        func `a request that can't be served has its status, and the connection goes on`(
            body: String,
            headers: String,
            status: Int
        ) async throws {
            try await run { stage in
                let peer = try Peer(port: stage.port)
                let answer = try await peer.post("/graphql", body, headers: Self.json + headers)
                #expect(answer.status == status, "\(answer)")
                #expect(answer.body.hasPrefix(#"{"errors":[{"message":""#), "\(answer)")
                if status == 403 { #expect(answer.body.contains(#""code":"ORIGIN_NOT_ALLOWED""#), "\(answer)") }
                #expect(try await peer.post("/graphql", Self.query, headers: Self.json).status == 200)
            }
        }

        @Test(arguments: [
            "", "Content-Type: text/plain\r\n", "Content-Type: application/json; charset=latin1\r\n",
            "Content-Type: application/graphql\r\n", "Content-Type: multipart/form-data; boundary=x\r\n",
        ])
        func `a body of another type is 415`(header: String) async throws {
            try await run { stage in
                let answer = try await Peer(port: stage.port).post("/graphql", Self.query, headers: header)
                #expect(answer.status == 415)
            }
        }

        @Test func `a query by GET may have lines, and is the last of its connection`() async throws {
            try await run { stage in
                // Behind the comment there is something on a line of its own only.
                for lineEnd in ["%0A", "%0D%0A", "%0d"] {
                    let query = "%7B%20%23%20a%20comment\(lineEnd)%20%20serverTime\(lineEnd)%7D"
                    let peer = try Peer(port: stage.port)
                    let answer = try await peer.get("/graphql?query=\(query)&variables=%7B\(lineEnd)%7D")
                    #expect(answer.status == 200, "\(answer)")
                    #expect(answer.body.hasPrefix(#"{"data":{"serverTime":"#), "\(answer)")
                    #expect(answer.head.contains("\r\nConnection: close\r\n"))
                }
                #expect(try await stage.get("/graphql?query=%7B%00serverTime%7D").status == 400)
            }
        }

        @Test func `a mutation by GET is 405, and is not executed`() async throws {
            try await run { stage in
                let before = await Self.operations(stage)
                let answer = try await stage.get("/graphql?query=mutation%20%7B%20serverTime%20%7D")
                #expect(answer.status == 405)
                #expect(answer.head.contains("\r\nAllow: POST\r\n"))
                #expect(await Self.operations(stage) == before)
            }
        }

        @Test func `what a page of another site embeds is 403, and is not executed`() async throws {
            try await run { stage in
                let peer = try Peer(port: stage.port)
                let (path, before) = ("/graphql?query=%7B%20serverTime%20%7D", await Self.operations(stage))
                for site in ["cross-site", "same-site"] {
                    #expect(try await peer.get(path, headers: "Sec-Fetch-Site: \(site)\r\n").status == 403)
                }
                #expect(await Self.operations(stage) == before)
                let origin = "Origin: https://good.example\r\n"
                for headers in ["sec-fetch-site: none\r\n", "Sec-Fetch-Site: cross-site\r\n\(origin)"] {
                    #expect(try await peer.get(path, headers: headers).status == 200)
                }
            }
        }

        @Test func `a page whose name was bound to this machine is 403`() async throws {
            try await run { stage in
                let peer = try Peer(port: stage.port)
                let (host, before) = ("evil.example:\(stage.port)", await Self.operations(stage))
                for path in ["/graphql?query=%7B%20serverTime%20%7D", "/topics/m"] {
                    let request = "GET \(path) HTTP/1.1\r\nHost: \(host)\r\nAccept: */*\r\n\r\n"
                    peer.send(raw: Array(request.utf8))
                    #expect(try await peer.head().hasPrefix("HTTP/1.1 403 "))
                    let hint = "the host \(host) is not allowed here: it has to be named (--allow-host)"
                    #expect(try await peer.text(through: "\n").contains(hint))
                }
                let post = "POST /graphql HTTP/1.1\r\nHost: \(host)\r\nOrigin: http://\(host)\r\n"
                peer.send(
                    raw: Array("\(post)\(Self.json)Content-Length: \(Self.query.utf8.count)\r\n\r\n\(Self.query)".utf8)
                )
                #expect(try await peer.head().hasPrefix("HTTP/1.1 403 "))
                #expect(await Self.operations(stage) == before)
            }
        }

        @Test func `it is off unless it is allowed`() async throws {
            try await run(allowed: false) { stage in
                let peer = try Peer(port: stage.port)
                let before = await Self.operations(stage)
                let posted = try await peer.post("/graphql", Self.query, headers: Self.json)
                #expect(posted.status == 404)
                #expect(posted.body.contains("--allow-execute"))
                #expect(try await peer.get("/graphql?query=%7B%20serverTime%20%7D").status == 404)
                #expect(try await peer.get("/graphql").status == 426)
                #expect(try await peer.post("/metrics", "", headers: Self.json).status == 405)
                #expect(await Self.operations(stage) == before)
            }
        }

        @Test func `a body over the limit is 413`() async throws {
            try await run { stage in
                let body = #"{"query":"{ serverTime }","variables":{"a":"\#(String(repeating: "x", count: 2000))"}}"#
                let answer = try await Peer(port: stage.port).post("/graphql", body, headers: Self.json)
                #expect(answer.status == 413)
                #expect(answer.body.hasSuffix(#""extensions":{"code":"BODY_TOO_LARGE"}}]}"# + "\n"))
                #expect(try await stage.metric(#"fanout_bodies_refused_total{reason="size"}"#) == 1)
            }
        }

        @Test(arguments: [
            ("", 411, "BAD_REQUEST"), ("Transfer-Encoding: chunked\r\n", 411, "BAD_REQUEST"),
            ("Transfer-Encoding: gzip\r\n", 501, "NOT_ALLOWED"),
            ("Content-Length: 9\r\nExpect: more\r\n", 417, "BAD_REQUEST"),
        ])
        func `a body that can't be taken is refused with a code`(header: String, status: Int, code: String) async throws
        {
            try await run { stage in
                let answer = try await Peer(port: stage.port).ask("POST", "/graphql", header + Self.json)
                #expect(answer.status == status)
                #expect(answer.head.contains("Content-Type: application/json"))
                #expect(answer.body.contains(#""code":"\#(code)""#))
            }
        }

        @Test func `a page of an allowed origin may use it`() async throws {
            try await run { stage in
                let peer = try Peer(port: stage.port)
                let origin = "Origin: https://good.example\r\n"
                let preflight = try await peer.ask("OPTIONS", "/graphql", origin)
                #expect(preflight.status == 204)
                for line in [
                    "Access-Control-Allow-Origin: https://good.example", "Vary: Origin",
                    "Access-Control-Allow-Methods: GET, HEAD, OPTIONS, POST",
                    "Access-Control-Allow-Credentials: true",
                ] { #expect(preflight.head.contains("\r\n\(line)\r\n"), "\(preflight.head)") }
                #expect(preflight.head.contains("\r\nAccess-Control-Allow-Headers: *, Authorization, Content-Type, "))
                let answer = try await peer.post("/graphql", Self.query, headers: Self.json + origin)
                #expect(answer.status == 200)
                #expect(answer.head.contains("\r\nAccess-Control-Allow-Origin: https://good.example\r\n"))
                #expect(answer.head.contains("\r\nVary: Origin\r\n"))
                let foreign = try await peer.ask("OPTIONS", "/graphql", "Origin: https://evil.example\r\n")
                #expect(foreign.status == 403)
                #expect(!foreign.head.contains("Access-Control"))
                #expect(try await peer.get("/healthz", headers: origin).head.contains("Access-Control") == false)
            }
        }
    }
}
