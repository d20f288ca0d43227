import HeadCases
import Testing
import Wire

@Suite struct RequestHeadTests {
    /// What is made of a head; nil while there isn't enough of it.
    private static func judge(_ head: RequestHead) -> HeadCase.Outcome {
        if let error = head.handshakeError { return .refused(error) }
        if head.asksForWebSocket { return .upgraded }
        if head.targetForm == .asterisk { return .told }
        return [.get, .head, .options, .post].contains(head.method) ? .served : .methodRefused
    }

    private static func judge(_ bytes: [UInt8], pieces: Int) -> (outcome: HeadCase.Outcome?, head: RequestHead?) {
        var parser = RequestHeadParser()
        var count = 0
        while count < bytes.count {
            count = min(bytes.count, count + pieces)
            let part = Array(bytes[..<count])
            do throws(RequestHeadError) {
                guard let head = try parser.parse(part.span) else { continue }
                return (judge(head), head)
            } catch {
                return (.refused(error), nil)
            }
        }
        return (nil, nil)
    }

    @Test func `there are enough cases, each with a rule of its own`() {
        #expect(HeadCase.all.count >= 120)
        #expect(Set(HeadCase.all.map(\.rule)).count == HeadCase.all.count)
    }

    @Test(arguments: HeadCase.all)
    func `a head is judged by RFC 9112 and RFC 6455`(of head: HeadCase) {
        #expect(Self.judge(head.bytes, pieces: .max / 2).outcome == head.outcome)
    }

    @Test(arguments: HeadCase.all)
    func `it is judged alike in whatever pieces it comes`(of head: HeadCase) {
        for pieces in [1, 2, 7] { #expect(Self.judge(head.bytes, pieces: pieces).outcome == head.outcome) }
    }

    @Test func `a part of a head is neither good nor bad`() {
        let bytes = Array("GET /a HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        for count in 0..<bytes.count { #expect(Self.judge(Array(bytes[..<count]), pieces: 100).outcome == nil) }
    }

    @Test func `it is found in front of what comes behind it`() throws {
        var parser = RequestHeadParser()
        let text = "POST /a?b=c HTTP/1.1\r\nhost: a\r\nX-Auth:  d e \r\nCONTENT-length: 3\r\n\r\nabcGET / HTTP/1.1\r\n"
        let bytes = Array(text.utf8)
        let head = try #require(try parser.parse(bytes.span))
        #expect(head.method == .post)
        #expect(head.target == "/a?b=c")
        #expect(head.minorVersion == 1)
        #expect(head.fields.map(\.name) == ["host", "X-Auth", "CONTENT-length"])
        #expect(head.fields.map(\.value) == ["a", "d e", "3"])
        #expect(head.value(of: .contentLength) == "3")
        #expect(head.value(of: .accept) == nil)
        #expect(head.size == text.utf8.count - 3 - "GET / HTTP/1.1\r\n".utf8.count)
    }

    @Test func `what is so far known of the method is for whoever answers`() throws {
        var parser = RequestHeadParser()
        #expect(!parser.hasBegun)
        let bytes = Array("HEAD / HTTP/1.1\r\n".utf8)
        let part = Array(bytes.dropLast())
        _ = try parser.parse(part.span)
        #expect(parser.hasBegun)
        #expect(parser.methodSoFar == nil)
        _ = try parser.parse(bytes.span)
        #expect(parser.methodSoFar == .head)
    }

    @Test func `every error has a status, words of one line, and the fields of its status`() {
        let errors = HeadCase.all.compactMap { head -> RequestHeadError? in
            if case .refused(let error) = head.outcome { error } else { nil }
        }
        for error in errors {
            #expect([400, 405, 414, 426, 431, 501, 505].contains(error.status))
            #expect(!error.description.isEmpty && !error.description.contains { $0.isNewline })
            let names = error.answerFields.map(\.name)
            #expect(names.contains("Allow") == (error.status == 405))
            #expect(names.contains("Sec-WebSocket-Version") == (error.status == 426))
        }
    }
}
