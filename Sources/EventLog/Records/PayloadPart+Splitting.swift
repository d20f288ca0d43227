extension PayloadPart {
    /// Cuts a payload into parts of at most so many bytes; nil when there would be more than a payload may have.
    package static func split(_ payload: ArraySlice<UInt8>, each size: Int) -> [PayloadPart]? {
        let count = (payload.count + size - 1) / size
        guard count > 0, count <= RecordLimits.parts else { return nil }
        return (0..<count).map { index in
            let start = payload.startIndex + index * size
            let bytes = Array(payload[start..<min(start + size, payload.endIndex)])
            return PayloadPart(index: index, count: count, bytes: bytes)
        }
    }
}
