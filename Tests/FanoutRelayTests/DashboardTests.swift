import Testing
import WebSockets

@testable import Fanout
@testable import FanoutRelay

/// What the page promises in its text; the interop tests have it run in a browser where there is one.
struct DashboardTests {
    private let text = String(decoding: Dashboard.page.body, as: UTF8.self)

    @Test func `values get into the page as text only`() {
        for danger in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"] {
            #expect(!text.contains(danger))
        }
    }

    @Test func `it asks to be overtaken, and to go on where it was`() {
        #expect(text.contains("'?lag=latest&' + from"))
        #expect(text.contains("'after=' + encodeURIComponent(") && text.contains("'last=' + ROWS"))
        #expect(text.contains("PER_FRAME = 20, ROWS = 50"))
    }

    @Test func `what it loads is its own`() {
        #expect(!text.contains("http://") && !text.contains("https://") && !text.contains("src="))
    }
}
