/// One server-sent event; its storage is reused for the next.
struct ServerSentEvent {
    /// The `event` field; empty means `message`.
    var name: [UInt8] = []
    /// The `data` lines, joined by line feeds.
    var data: [UInt8] = []
    /// The `id` field, empty if there was none.
    var id: [UInt8] = []

    fileprivate(set) var hasData = false

    /// Clears the fields and keeps their storage.
    mutating func clear() {
        name.removeAll(keepingCapacity: true)
        data.removeAll(keepingCapacity: true)
        id.removeAll(keepingCapacity: true)
        hasData = false
    }

    /// Takes one line without its end (HTML living standard section 9.2.6); lines beyond `limit` bytes of data are cut.
    mutating func take(_ line: Span<UInt8>, limit: Int) {
        var colon = 0
        while colon < line.count, line[colon] != UInt8(ascii: ":") { colon += 1 }
        let field = line.extracting(first: colon)
        var start = min(colon + 1, line.count)
        if start < line.count, line[start] == 0x20 { start += 1 }
        let value = line.extracting(droppingFirst: start)
        if field.equals("data") {
            if hasData { data.append(UInt8(ascii: "\n")) }
            hasData = true
            Self.append(value.extracting(first: max(0, limit - data.count)), to: &data)
        } else if field.equals("event") {
            name.removeAll(keepingCapacity: true)
            Self.append(value.extracting(first: 256), to: &name)
        } else if field.equals("id") {
            id.removeAll(keepingCapacity: true)
            Self.append(value.extracting(first: 256), to: &id)
        }
    }

    private static func append(_ bytes: Span<UInt8>, to storage: inout [UInt8]) {
        unsafe bytes.withUnsafeBufferPointer { unsafe storage.append(contentsOf: $0) }
    }
}
