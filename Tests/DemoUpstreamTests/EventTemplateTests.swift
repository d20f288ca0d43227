import Testing

@testable import DemoUpstream

struct EventTemplateTests {
    private let event = Event(number: 42, time: 1_712_345_678_901_023, symbol: "ACME", cents: 12_305)

    private func text(_ query: String) throws -> String {
        let plan = try QueryPlan(query: query, operationName: nil, variables: nil)
        var output: [UInt8] = [1, 2, 3]
        EventTemplate(plan.selection, payload: plan.source.payload).write(event, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test(arguments: [
        ("subscription { tick { n } }", #"{"data":{"tick":{"n":42}}}"#),
        ("subscription { tick { at } }", #"{"data":{"tick":{"at":1712345678901.023}}}"#),
        (
            "subscription { t: tick(payloadBytes: 3) { p: padding n __typename } }",
            #"{"data":{"t":{"p":"xxx","n":42,"__typename":"Tick"}}}"#
        ),
        ("subscription { tick { padding } }", #"{"data":{"tick":{"padding":""}}}"#),
        ("subscription { prices { price symbol } }", #"{"data":{"prices":{"price":123.05,"symbol":"ACME"}}}"#),
        ("subscription { countdown(from: 1) }", #"{"data":{"countdown":42}}"#),
        ("{ serverTime }", #"{"data":{"serverTime":1712345678901.023}}"#),
        ("{ c: continent(code: \"EU\") { name code } }", #"{"data":{"c":{"name":"Europe","code":"EU"}}}"#),
        ("{ continent(code: \"XX\") { name } }", #"{"data":{"continent":null}}"#),
        ("{ continent(code: 7) { name } }", #"{"data":{"continent":null}}"#),
    ])
    func `an event shows what was selected, in its order`(query: String, result: String) throws {
        #expect(try text(query) == result)
    }

    @Test func `zero and small fractions keep their digits`() throws {
        let plan = try QueryPlan(query: "subscription { prices { price at } }", operationName: nil, variables: nil)
        var output: [UInt8] = []
        EventTemplate(plan.selection, payload: 0).write(Event(time: 7, cents: 5), to: &output)
        #expect(String(decoding: output, as: UTF8.self) == #"{"data":{"prices":{"price":0.05,"at":0.007}}}"#)
    }
}
