internal import WebSockets

/// What the program was made of.
enum BuildInformation {
    /// The version of the compiler, as far as conditions tell it.
    static var swift: String {
        #if compiler(>=6.5)
        "6.5+"
        #elseif compiler(>=6.4)
        "6.4"
        #elseif compiler(>=6.3)
        "6.3"
        #else
        "6.2"
        #endif
    }

    /// By the names of the labels.
    static func labels(version: String?) -> [(name: String, value: String)] {
        [("version", version ?? ""), ("swift", swift), ("libwebsockets", LibraryBuild.version)]
    }
}
