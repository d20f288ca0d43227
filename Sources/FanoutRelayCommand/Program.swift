/// The program `fanout-relay`; its executable is a target of its own, so that a product needn't name it.
package enum Program {
    /// Runs the command that the process's arguments name, to the process's end.
    package static func main() { FanoutRelayCommand.main() }
}
