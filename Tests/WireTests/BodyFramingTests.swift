import Testing
import Wire

struct BodyFramingTests {
    @Test(
        arguments: [
            (nil, nil, BodyFraming.none), ("0", nil, .length(0)), ("007", nil, .length(7)), (" 7", nil, .invalid),
            ("9223372036854775808", nil, .length(.max)), (nil, "Chunked", .chunked),
            (nil, "gzip, chunked", .unknownCoding),
            ("1", "chunked", .invalid), ("1,1", nil, .invalid), ("٣", nil, .invalid),
        ] as [(String?, String?, BodyFraming)]
    )
    func `a body ends where RFC 9112 section 6 says`(length: String?, coding: String?, framing: BodyFraming) {
        #expect(BodyFraming(contentLength: length, transferEncoding: coding) == framing)
    }
}
