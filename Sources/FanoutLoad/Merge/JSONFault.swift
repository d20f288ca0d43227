/// Finds where a text stops being JSON (RFC 8259), which FoundationEssentials doesn't tell.
struct JSONFault {
    /// The line, from 1, of the first byte that can't stand where it does; nil in JSON.
    ///
    /// A text that ends too early is wrong where it ends.
    static func line(in text: [UInt8]) -> Int? {
        var search = JSONFault(text)
        if let position = search.firstFault() {
            return 1 + text[..<position].count { $0 == UInt8(ascii: "\n") }
        }
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return lines.firstIndex { String(validating: $0, as: UTF8.self) == nil }.map { $0 + 1 }
    }

    /// What may come next.
    private enum Wish {
        case value, valueOrEnd, key, keyOrEnd, colon, commaOrEnd
    }

    private let text: [UInt8]
    private var position = 0
    /// The brackets that are open.
    private var brackets: [UInt8] = []
    private var wish = Wish.value

    private init(_ text: [UInt8]) {
        self.text = text
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    private mutating func firstFault() -> Int? {
        while true {
            skip { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
            guard position < text.count else {
                return brackets.isEmpty && wish == .commaOrEnd ? nil : position
            }
            guard step() else { return position }
        }
    }

    /// Takes what comes next; false if it can't come here.
    private mutating func step() -> Bool {
        let byte = text[position]
        switch (wish, byte) {
        case (.value, UInt8(ascii: "{")), (.valueOrEnd, UInt8(ascii: "{")):
            return open(byte, .keyOrEnd)
        case (.value, UInt8(ascii: "[")), (.valueOrEnd, UInt8(ascii: "[")):
            return open(byte, .valueOrEnd)
        case (.valueOrEnd, UInt8(ascii: "]")), (.keyOrEnd, UInt8(ascii: "}")):
            return close()
        case (.commaOrEnd, UInt8(ascii: "]")):
            return brackets.last == UInt8(ascii: "[") && close()
        case (.commaOrEnd, UInt8(ascii: "}")):
            return brackets.last == UInt8(ascii: "{") && close()
        case (.commaOrEnd, UInt8(ascii: ",")):
            guard let bracket = brackets.last else { return false }
            position += 1
            wish = bracket == UInt8(ascii: "{") ? .key : .value
            return true
        case (.colon, UInt8(ascii: ":")):
            position += 1
            wish = .value
            return true
        case (.key, UInt8(ascii: "\"")), (.keyOrEnd, UInt8(ascii: "\"")):
            wish = .colon
            return takeString()
        case (.value, _), (.valueOrEnd, _):
            wish = .commaOrEnd
            return takeScalar(byte)
        default:
            return false
        }
    }

    private mutating func open(_ bracket: UInt8, _ next: Wish) -> Bool {
        brackets.append(bracket)
        position += 1
        wish = next
        return true
    }

    private mutating func close() -> Bool {
        brackets.removeLast()
        position += 1
        wish = .commaOrEnd
        return true
    }

    private mutating func takeScalar(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""): return takeString()
        case UInt8(ascii: "t"): return take("true")
        case UInt8(ascii: "f"): return take("false")
        case UInt8(ascii: "n"): return take("null")
        default: return takeNumber()
        }
    }

    private mutating func takeString() -> Bool {
        position += 1
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "\""):
                position += 1
                return true
            case UInt8(ascii: "\\"):
                position += 1
                guard position < text.count else { return false }
                let escaped = text[position]
                guard "\"\\/bfnrtu".utf8.contains(escaped) else { return false }
                position += 1
                guard escaped == UInt8(ascii: "u") else { continue }
                for _ in 0..<4 {
                    guard position < text.count, Self.isHexadecimal(text[position]) else { return false }
                    position += 1
                }
            case ..<0x20: return false
            default: position += 1
            }
        }
        return false
    }

    private mutating func takeNumber() -> Bool {
        if next == UInt8(ascii: "-") { position += 1 }
        if next == UInt8(ascii: "0") {
            position += 1
        } else if !takeDigits() {
            return false
        }
        if next == UInt8(ascii: ".") {
            position += 1
            guard takeDigits() else { return false }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            guard takeDigits() else { return false }
        }
        return true
    }

    private mutating func takeDigits() -> Bool {
        let start = position
        skip { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return position > start
    }

    private mutating func take(_ word: String) -> Bool {
        for byte in word.utf8 {
            guard next == byte else { return false }
            position += 1
        }
        return true
    }

    /// The byte that comes next; nil at the end.
    private var next: UInt8? { position < text.count ? text[position] : nil }

    private mutating func skip(while isSkipped: (UInt8) -> Bool) {
        while let byte = next, isSkipped(byte) { position += 1 }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
