/// Linux's epoll calls and constants (epoll_ctl(2)), which Swift's Glibc module leaves out.
///
/// The functions are bound by their symbols: they take and return plain integers and pointers, which Swift and C pass
/// alike. An event is written as 32-bit words, because its layout differs: the kernel packs it on x86-64 only.
enum Epoll {
    static let closeOnExec: Int32 = 0o2000000
    static let add: Int32 = 1
    static let modify: Int32 = 3
    static let input: UInt32 = 0x001
    static let output: UInt32 = 0x004
    static let error: UInt32 = 0x008
    static let hangUp: UInt32 = 0x010
    static let peerHangUp: UInt32 = 0x2000

    #if arch(x86_64)
    /// The words of an event.
    static let eventWords = 3
    /// Which of them holds the lower half of the user's data.
    static let dataWord = 1
    #else
    /// The words of an event.
    static let eventWords = 4
    /// Which of them holds the lower half of the user's data.
    static let dataWord = 2
    #endif
}

@_silgen_name("epoll_create1")
func epollCreate(_ flags: Int32) -> Int32

@_silgen_name("epoll_ctl")
func epollControl(_ epoll: Int32, _ operation: Int32, _ descriptor: Int32, _ event: UnsafeMutablePointer<UInt32>)
    -> Int32

@_silgen_name("epoll_wait")
func epollWait(
    _ epoll: Int32,
    _ events: UnsafeMutablePointer<UInt32>,
    _ maximum: Int32,
    _ milliseconds: Int32
) -> Int32
