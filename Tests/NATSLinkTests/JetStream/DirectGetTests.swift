import Testing

@testable import NATSLink

struct DirectGetTests {
    @Test(
        arguments: [
            (.sequence(7), "$JS.API.DIRECT.GET.S", #"{"seq":7}"#),
            (.last(of: .of("a.b")), "$JS.API.DIRECT.GET.S.a.b", ""),
            (.batch(from: 7, count: 1000, bytes: 5), "$JS.API.DIRECT.GET.S", #"{"seq":7,"batch":1000,"max_bytes":5}"#),
            (.batch(from: 7, count: 0, bytes: -1), "$JS.API.DIRECT.GET.S", #"{"seq":7,"batch":1,"max_bytes":1}"#),
        ] as [(DirectGet, String, String)]
    )
    func `each question has its subject and its payload`(question: DirectGet, subject: String, payload: String) throws {
        #expect(try question.subject(stream: "S").text == subject)
        #expect(String(decoding: question.payload, as: UTF8.self) == payload)
    }
}
