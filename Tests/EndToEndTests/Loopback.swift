import Testing

/// Everything that runs over real sockets, one test after the other.
///
/// Each test has a handful of threads, and some have deadlines of tenths of a second: run together they would only
/// measure the machine. Descriptors are another reason: libwebsockets 4.1.6 closes that of a context's event pipe twice
/// when the context is destroyed, which hits whoever took the number in between.
@Suite(.serialized)
enum Loopback {}
