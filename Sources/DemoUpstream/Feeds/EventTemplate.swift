internal import GraphQLTransport

/// The result of an event for one selection, with all constant parts prepared.
struct EventTemplate {
    private enum Part {
        case bytes([UInt8])
        case leaf(Leaf)
    }

    private var parts: [Part] = []

    /// Prepares a selection of events with `payload` bytes of padding.
    init(_ selection: EventSelection, payload: Int) {
        var text: [UInt8] = Array("{\"data\":{".utf8)
        Self.append(key: selection.key, to: &text)
        switch selection.shape {
        case .scalar(let leaf):
            append(leaf, payload, &text)
        case .object(let members):
            text.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                Self.append(key: member.key, to: &text)
                append(member.leaf, payload, &text)
            }
            text.append(UInt8(ascii: "}"))
        }
        text.append(contentsOf: "}}".utf8)
        parts.append(.bytes(text))
    }

    /// Replaces the content of `output` by the execution result of an event.
    func write(_ event: Event, to output: inout [UInt8]) {
        output.removeAll(keepingCapacity: true)
        for part in parts {
            switch part {
            case .bytes(let bytes): output.append(contentsOf: bytes)
            case .leaf(.number): Self.append(decimal: event.number, to: &output)
            case .leaf(.time): Self.append(fixed: Int(event.time), digits: 3, to: &output)
            case .leaf(.price): Self.append(fixed: event.cents, digits: 2, to: &output)
            case .leaf(.symbol): JSONString.append(event.symbol, to: &output)
            case .leaf(.padding), .leaf(.text), .leaf(.null), .leaf(.typename): break
            }
        }
    }

    private mutating func append(_ leaf: Leaf, _ payload: Int, _ text: inout [UInt8]) {
        switch leaf {
        case .padding:
            text.append(UInt8(ascii: "\""))
            text.append(contentsOf: repeatElement(UInt8(ascii: "x"), count: payload))
            text.append(UInt8(ascii: "\""))
        case .typename(let constant), .text(let constant):
            JSONString.append(constant, to: &text)
        case .null:
            text.append(contentsOf: "null".utf8)
        case .number, .time, .price, .symbol:
            parts.append(.bytes(text))
            parts.append(.leaf(leaf))
            text = []
        }
    }

    private static func append(key: String, to text: inout [UInt8]) {
        JSONString.append(key, to: &text)
        text.append(UInt8(ascii: ":"))
    }

    private static func append(decimal number: Int, to output: inout [UInt8]) {
        if number < 0 { output.append(UInt8(ascii: "-")) }
        append(magnitude: UInt64(number.magnitude), minimumDigits: 1, to: &output)
    }

    private static func append(fixed number: Int, digits: Int, to output: inout [UInt8]) {
        if number < 0 { output.append(UInt8(ascii: "-")) }
        let unit: UInt64 = digits == 3 ? 1000 : 100
        append(magnitude: UInt64(number.magnitude) / unit, minimumDigits: 1, to: &output)
        output.append(UInt8(ascii: "."))
        append(magnitude: UInt64(number.magnitude) % unit, minimumDigits: digits, to: &output)
    }

    private static func append(magnitude: UInt64, minimumDigits: Int, to output: inout [UInt8]) {
        let start = output.count
        var rest = magnitude
        while rest > 0 || output.count - start < minimumDigits {
            output.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        }
        output[start...].reverse()
    }
}
