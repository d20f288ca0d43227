/// What `chaos --help-all` says of the command as a whole.
enum ChaosHelp {
    static let text = """
        It starts servers of NATS, relays, and an upstream that numbers its events, on this machine, and clients with \
        resume tokens on all relays. Fault after fault happens, in an order that depends on the seed; after each the \
        group gets time to be well again: all relays are ready, one leads, every client has had an event.

        Zero must be: events lost though no gap was told, doubled or reordered ones, jumps of the relay's numbers \
        (holes), and gaps behind which nothing was missing (false gaps). No gap at all may be told but where a leader \
        without a hot standby dies, stands still or is cut off, and where a tree's root dies. A stall is the longest \
        time without events of any client, from the fault on until the group is well; clients at a leader that stands \
        still or is cut off stay there, and are counted by themselves.

        FAULTS OF A GROUP
          kill-leader       kill -9, started again at once or later
          freeze-leader     SIGSTOP until another one leads, and a bit longer
          cut-leader        no way to the log's servers, healed up to 3 s later
          hand-over         fanout-relay cluster hand-over
          stop-leader       SIGTERM, started again
          kill-server       the server that leads the log: kill -9, started again
          freeze-server     the same one: SIGSTOP for 12 s
          kill-all-servers  kill -9 of all at once, started again
          lame-duck         the server that leads the log: SIGUSR2, started again

        FAULTS OF A TREE
          kill-root, kill-middle, kill-leaf: kill -9, started again

        EXAMPLES
          A hundred deaths of leaders that have a hot standby, on three servers:

            fanout-load chaos --relay .build/release/fanout-relay --servers 3 \\
              --standby hot --faults kill-leader=100 --state hot.state \\
              --require 'p99 <= 3s' --markdown table.md

          Ctrl-C ends it with the table so far; the same command goes on.

          Relays that run already, whose topic prices has events with a number seq:

            fanout-load chaos --edge ws://10.0.0.1:8080/graphql \\
              --edge ws://10.0.0.2:8080/graphql --operation-name prices \\
              --sequence-key seq --faults restart=5 \\
              --fault 'restart=ssh 10.0.0.1 systemctl restart fanout-relay'

        EXIT CODES
          0   every zero is zero, the group was well again after each fault,
              and every --require was met
          1   something was found, or the run ended before its last fault
          64  bad flags
          68  a host's name can't be found
          69  a program can't be started, or the group doesn't become well
          71  too few open files, or the system refused a call
          73  a file or directory for results can't be written
          78  the file of --state can't be used
        """
}
