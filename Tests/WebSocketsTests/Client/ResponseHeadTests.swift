import Testing
import Wire

@testable import WebSockets

struct ResponseHeadTests {
    private func read(_ text: String) -> ResponseHead.Reading { ResponseHead.read(Array(text.utf8)) }

    @Test(arguments: [
        "X-Auth", "X-A", "Auth", "Accept-Lang", "Conn", "Ho", "If-N", "X-Real", "X-Forwarded", "S", "Sec-WebSocket",
        "Sec-WebSocket-Acc", "Up", "Putter", "Patch-Level", "X-Auth-Token", "Server",
    ])
    func `every header is told as it came, whatever it is called`(name: String) throws {
        let text =
            "HTTP/1.1 101 Switching\r\n\(name): one\r\nUpgrade: websocket\r\n\(name):two\r\nLast: x:y\r\n\r\nrest"
        guard case .whole(let head, let size) = read(text) else {
            Issue.record("no head")
            return
        }
        #expect(size == text.utf8.count - 4)
        #expect(head.status == 101)
        let values = head.headers.map(\.value)
        #expect(values == ["one", "websocket", "two", "x:y"])
        #expect(head.headers.map(\.name) == [name.lowercased(), "upgrade", name.lowercased(), "last"])
        #expect(head.value(of: name.lowercased()) == "one, two")
    }

    @Test(arguments: [
        ("HTTP/1.1 200\r\n\r\n", 200), ("HTTP/1.0 404 Not Found\n\n", 404), ("HTTP/1.1 503 Busy\nA: b\r\n\n", 503),
        ("HTTP/1.1 101 \r\nno colon\r\n\r\n", 101),
    ])
    func `lines may end without a CR, and hold less than they should`(text: String, status: Int) {
        guard case .whole(let head, let size) = read(text) else {
            Issue.record("no head")
            return
        }
        #expect(head.status == status)
        #expect(size == text.utf8.count)
    }

    @Test(arguments: [
        "", "H", "HTTP/1.", "HTTP/1.1 101 Switching", "HTTP/1.1 101 x\r\n", "HTTP/1.1 101 x\r\nA: b\r\n\r",
    ])
    func `a beginning is one`(text: String) { #expect(read(text) == .unfinished) }

    @Test(arguments: [
        "SSH-2.0-OpenSSH_9.2\r\n", "\u{15}\u{3}\u{1}", "HTTP/2 200\r\n\r\n", "HTTP/1.1 \r\n\r\n",
        "HTTP/1.1 2x0 a\r\n\r\n",
        "HTTP/1.1 2000 a\r\n\r\n", "HTTP/1.1 -10 a\r\n\r\n", "HTTP/1.1 099 a\r\n\r\n", "http/1.1 200 a\r\n\r\n",
    ])
    func `what is no HTTP is foreign`(text: String) { #expect(read(text) == .foreign) }

    @Test func `a value that was folded is one, and lists are split`() throws {
        let text = "HTTP/1.1 101 x\r\nConnection: keep-alive ,\r\n \t Upgrade\r\nconnection:\tx\r\n\r\n"
        guard case .whole(let head, _) = read(text) else {
            Issue.record("no head")
            return
        }
        #expect(head.list(of: "connection") == ["keep-alive", "upgrade", "x"])
        #expect(head.list(of: "upgrade") == [])
    }

    @Test func `a head has a largest size, whether its end came or not`() {
        let line = "X: \(String(repeating: "x", count: 1000))\r\n"
        let head = "HTTP/1.1 200 x\r\n" + String(repeating: line, count: 66)
        #expect(read(head) == .excess)
        #expect(read(head + "\r\n") == .excess)
    }

    @Test func `the end is found however the bytes are cut`() {
        let bytes = Array("HTTP/1.1 101 x\r\nA: b\r\n\r\n".utf8)
        for known in 0..<bytes.count {
            guard case .whole(_, size: bytes.count) = ResponseHead.read(bytes, knownWithoutEnd: known) else {
                Issue.record("no end behind \(known) bytes")
                continue
            }
        }
    }
}
