import Testing
import WebSockets
import Wire

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
        #expect(text.contains("`topics/${topic.name}?lag=latest&last=${ROWS}`"))
        #expect(text.contains("headers['Last-Event-ID'] = this.place"))
        #expect(text.contains("PER_FRAME = 20, ROWS = 50"))
    }

    @Test func `only its own scripts run, by their hashes`() throws {
        let field = try #require(Dashboard.page.headers.first { $0.name == "Content-Security-Policy" })
        #expect(field.value.hasPrefix("default-src 'none'; ") && !field.value.contains("unsafe"))
        #expect(field.value.matches(of: /'sha256-[A-Za-z0-9+\/]{43}='/).count == 5)
        #expect(text.matches(of: /<script>/).count == 4 && text.matches(of: /<style>/).count == 1)
        #expect(!text.contains("<!-- s") && !text.contains(" onclick=") && !text.contains(" style="))
    }

    @Test func `a token goes into a header`() {
        #expect(text.contains("Authorization: `Bearer ${credential}`"))
        #expect(!text.contains("document.cookie") && !text.contains("ticket") && !text.contains("new WebSocket"))
    }

    @Test func `what it loads is its own`() {
        #expect(!text.contains("http://") && !text.contains("https://") && !text.contains("src="))
    }
}
