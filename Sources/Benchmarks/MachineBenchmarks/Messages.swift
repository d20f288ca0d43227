import Benchmark
import GraphQLTransport

/// The sizes of an event, a page of data, and the largest message that a client may send.
private let sizes = [200, 4096, 65536]

/// A `next` message of this size: an object of short members, like the results of an API.
func nextMessage(size: Int, id: String = "1") -> [UInt8] {
    let head = #"{"id":"\#(id)","type":"next","payload":{"data":{"items":["#
    let tail = #"]}}}"#
    var items = ""
    var number = 0
    while head.utf8.count + items.utf8.count + tail.utf8.count + 40 < size {
        number += 1
        items += #"{"id":\#(1_000_000 + number),"name":"item"},"#
    }
    let rest = max(0, size - head.utf8.count - items.utf8.count - tail.utf8.count - 2)
    return Array("\(head)\(items)\"\(String(repeating: "x", count: rest))\"\(tail)".utf8)
}

func registerMessages() {
    for size in sizes {
        let message = nextMessage(size: size)
        Benchmark("MessageScanner: a next message of \(size) B") { benchmark in
            for _ in benchmark.scaledIterations { blackHole(try? MessageScanner.scan(message.span)) }
        }
    }
    let payload = Array(nextMessage(size: 200).dropFirst(33).dropLast())
    Benchmark("MessageWriter: a next message of 200 B") { benchmark in
        for _ in benchmark.scaledIterations { blackHole(MessageWriter.next(id: "1", payload: payload)) }
    }
    let identifier = "6fa459ea-ee8a-3ca4-894e-db77e160355e"
    Benchmark("MessageWriter: what stands before a payload, with a UUID") { benchmark in
        for _ in benchmark.scaledIterations { blackHole(MessageWriter.nextPrefix(id: identifier)) }
    }
    let texts = [
        ("36 B", identifier), ("4 KiB with an escape in each 16 B", String(repeating: "fifteen letters\n", count: 256)),
    ]
    for (name, text) in texts {
        Benchmark("JSONString: \(name)") { benchmark in
            for _ in benchmark.scaledIterations { blackHole(JSONString.encode(text)) }
        }
    }
}
