/// Messages as a server writes them, and parts of what a client writes.
enum Wire {
    static let acknowledgement = #"{"type":"connection_ack"}"#

    static func next(_ id: String, _ number: Int) -> String {
        #"{"id":"\#(id)","type":"next","payload":\#(payload(number))}"#
    }

    static func payload(_ number: Int) -> String { #"{"data":{"n":\#(number)}}"# }

    static func complete(_ id: String) -> String { #"{"id":"\#(id)","type":"complete"}"# }

    static func error(_ id: String, _ errors: String) -> String {
        #"{"id":"\#(id)","type":"error","payload":\#(errors)}"#
    }

    /// The id of a `subscribe`; nil for any other message.
    static func id(ofSubscribe text: String) -> String? {
        guard text.contains(#""type":"subscribe""#) else { return nil }
        return text.split(separator: "\"").dropFirst(3).first.map(String.init)
    }
}
