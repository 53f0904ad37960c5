internal import CofferCore
public import Fuse
internal import SecretsManager

// A value is never removed by its name: who was told so would be deceived, since versions are kept. A scratch file is.
extension CofferFileSystem {
    public func unlink(_ request: Request, parent: InodeNumber, name: String, reply: consuming EmptyReply) {
        if wasDone(request) { return reply.succeed() }
        do throws(Errno) {
            let directory = try resolve(parent, for: request)
            let node = try find(name, in: directory, for: request).node
            switch node {
            case .scratch(let number):
                if scratch[number] != nil {
                    scratch.remove(number)
                } else {
                    // A new member that is still being written: who made it has thought better of it.
                    files.discard(number)
                }
            case .file(_, .version, _):
                throw .readOnlyFileSystem
            case .file:
                try removeForReplacement(node, in: directory, for: request)
            case .metadata:
                throw .notPermitted
            case .folder, .secret, .versions, .place:
                throw .isDirectory
            }
            reply.succeed()
        } catch {
            reply.fail(error)
        }
    }

    /// Lets a program remove a value or member that it makes again at once; for anybody else it stays where it is.
    private func removeForReplacement(_ node: Node, in directory: Node, for request: Request) throws(Errno) {
        _ = try writableStage(directory, for: request)
        guard let process = ProcessTree.process(ofThread: request.pid),
            let program = ProcessTree.program(ofProcess: process), ProgramHabits.replaces(program),
            // Who moves files has copied it elsewhere and now removes it here.
            !ProgramHabits.movesAway(program) || !files.wasRead(node.inode, by: request.pid)
        else { throw .notPermitted }
        try absences.insert(node, process: process, program: program, now: manager.configuration.clock())
        commits.begin()
    }
}
