internal import Glibc
internal import Supervision

exit(SupervisorProgram.run(Array(CommandLine.arguments.dropFirst())))
