import FanoutRelay
import GraphQLTransport
import Logging
import Synchronization
import Testing

@testable import FanoutRelayCommand

struct LineLogHandlerTests {
    private final class Lines: Sendable {
        private let written = Mutex<[String]>([])

        var all: [String] { written.withLock { $0 } }

        func logger(_ format: LogFormat, limited: LogRepeats? = nil) -> Logger {
            var logger = Logger(label: "fanout-relay") { label in
                let lines = LineLogHandler(
                    label: label,
                    format: format,
                    clock: { LogTime(seconds: 1_769_847_330, milliseconds: 7) },
                    write: { line in self.written.withLock { $0.append(line) } }
                )
                return limited.map { RepeatLimitHandler(lines, repeats: $0) } ?? lines
            }
            logger.logLevel = .trace
            return logger.onOneLine
        }
    }

    /// The text of a member of an object.
    private static func member(_ name: String, of line: String) throws -> String? {
        let bytes = Array(line.utf8)
        let object = try JSONObject(bytes.span)
        return object.members.first { $0.name == name }.flatMap { member in
            member.value.kind == .string
                ? JSONString.decodeExactly(member.value, in: bytes.span)
                : String(decoding: bytes[member.value.range], as: UTF8.self)
        }
    }

    @Test func `text has the time in milliseconds, the level, what belongs to it, and the message`() throws {
        let lines = Lines()
        let metadata: Logger.Metadata = ["c": ["e": "4", "d": "3"], "b": "two words", "a": .stringConvertible(1)]
        lines.logger(.text).notice("it's here", metadata: metadata)
        let line = try #require(lines.all.first)
        let zone = #/2026-01-31T\d\d:15:30\.007[+-]\d{4} /#
        #expect(line.prefixMatch(of: zone) != nil, "\(line)")
        let rest = " notice fanout-relay: a=1 b=two words c.d=3 c.e=4 [FanoutRelayCommandTests] it's here\n"
        #expect(line.hasSuffix(rest), "\(line)")
    }

    @Test func `JSON has a member for each, and numbers where they are whole numbers`() {
        let lines = Lines()
        lines.logger(.json).warning(
            "it's here",
            metadata: [
                "time": "its own", "count": .stringConvertible(UInt64.max), "share": .stringConvertible(0.5),
                "list": .array(["a", .stringConvertible(2)]), "inner": .dictionary(["message": "its own"]),
            ]
        )
        lines.logger(.json).info("alone")
        let start = #"{"time":"2026-01-31T08:15:30.007Z","level":""#
        let middle = #"","label":"fanout-relay","component":"FanoutRelayCommandTests","message":""#
        #expect(
            lines.all == [
                #"\#(start)warning\#(middle)it's here","metadata":{"count":18446744073709551615,"#
                    + #""inner":{"message":"its own"},"list":["a",2],"share":"0.5","time":"its own"}}"# + "\n",
                "\(start)info\(middle)alone\"}\n",
            ]
        )
    }

    /// What clients and servers may send, as far as it can get into a text at all.
    private static let oddTexts: [[UInt8]] = [
        Array("\"\\\u{0}\u{1}\u{8}\t\n\r\u{1B}[2J\u{7F}".utf8), Array("\u{85}\u{9B}\u{2028}\u{2029}".utf8),
        // A lone surrogate as CESU-8 has it, a byte that begins nothing, an overlong slash, and half a character.
        [0xED, 0xA0, 0x80], [0xFF, 0xFE], [0xC0, 0xAF], [0xE2, 0x82],
        Array("\u{1F468}\u{200D}\u{1F469} é e\u{301}".utf8),
        Array(#"{"time":"forged"}"#.utf8), [UInt8](0...255),
    ]

    @Test(arguments: oddTexts, [LogFormat.json, .text])
    func `odd text stays on its line, and JSON stays JSON`(bytes: [UInt8], format: LogFormat) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        let lines = Lines()
        lines.logger(format).info("\(text)", metadata: ["chosen": "\(text)", "list": .array(["\(text)"])])
        let line = try #require(lines.all.first)
        let body = line.dropLast()
        #expect(lines.all.count == 1 && line.last == "\n")
        #expect(
            !body.unicodeScalars.contains {
                [.control, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
            }
        )
        guard format == .json else { return }
        #expect(try Self.member("message", of: String(body)) == text.onOneLine)
        let metadata = try #require(try Self.member("metadata", of: String(body)))
        #expect(try Self.member("chosen", of: metadata) == text.onOneLine)
    }

    @Test func `repeats are withheld, and told with the last of them`() {
        let lines = Lines()
        let repeats = LogRepeats(budget: 2)
        let logger = lines.logger(.text, limited: repeats)
        for number in 1...10 { logger.warning("again", metadata: ["number": .stringConvertible(number)]) }
        for _ in 1...10 { logger.info("as often as it likes") }
        logger.warning("another")
        repeats.tellAll()
        let warnings = lines.all.filter { $0.contains(" warning ") }
        #expect(warnings.count == 4 && warnings.count { $0.hasSuffix(" another\n") } == 1)
        #expect(warnings.last?.contains(" number=10 repeated=8 ") == true)
        #expect(lines.all.count { $0.contains("as often") } == 10)
    }
}
