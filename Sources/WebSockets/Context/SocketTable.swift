/// The sockets that libwebsockets knows, by handles that it can keep as long as it likes.
///
/// When a dial or an adoption fails, libwebsockets doesn't always show whether a callback will still come. A handle
/// contains its slot's generation, so that a late callback finds nothing instead of freed memory.
struct SocketTable {
    private struct Slot {
        var generation: UInt32 = 1
        var socket: WebSocket?
    }

    private var slots: [Slot] = []
    private var free: [Int] = []

    /// Keeps a socket until `remove`, and returns its handle, which is never zero.
    mutating func insert(_ socket: WebSocket) -> UInt {
        let index = free.popLast() ?? slots.count
        if index == slots.count { slots.append(Slot()) }
        slots[index].socket = socket
        return UInt(slots[index].generation) << 32 | UInt(index)
    }

    /// All sockets in the table.
    var all: [WebSocket] { slots.compactMap(\.socket) }

    var isEmpty: Bool { free.count == slots.count }

    subscript(handle: UInt) -> WebSocket? {
        let index = Int(handle & 0xFFFF_FFFF)
        guard index < slots.count, slots[index].generation == UInt32(handle >> 32) else { return nil }
        return slots[index].socket
    }

    /// Removes a socket; false when it is gone already.
    mutating func remove(_ handle: UInt) -> Bool {
        guard self[handle] != nil else { return false }
        let index = Int(handle & 0xFFFF_FFFF)
        slots[index].socket = nil
        slots[index].generation &+= 1
        if slots[index].generation == 0 { slots[index].generation = 1 }
        free.append(index)
        return true
    }
}
