/// The program `fanout-load`; its executable is a target of its own, so that a product needn't name it.
package enum Program {
    /// Runs the command that the process's arguments name.
    package static func main() { FanoutLoadCommand.main() }
}
