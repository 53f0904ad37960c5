internal import CofferCore
public import Fuse
internal import SecretMemory
internal import SecretsManager
internal import Synchronization

extension CofferFileSystem {
    public func open(
        _ request: Request, node inode: InodeNumber, flags: OpenFlags, reply: consuming OpenReply
    ) {
        do throws(Errno) {
            if isEventMaker(request) {
                reply.succeed(OpenResponse(handle: Self.eventHandle, directIO: true, noFlush: true))
                return
            }
            if request.isResent { files.forget(openedBy: request.number) }
            let node = try resolve(inode, for: request)
            if case .scratch(let number) = node {
                let file = OpenFiles.File.scratch(try openScratch(number, flags: flags, for: request))
                answer(
                    reply, OpenResponse(handle: files.insert(file, at: inode, for: request), directIO: true))
                return
            }
            if flags.isWritable || flags.isTruncate {
                let draft = try openDraft(node, flags: flags, for: request)
                _ = files.insert(.draft(draft), at: node.inode, for: request)
                answer(reply, OpenResponse(handle: draft.number, directIO: true))
                return
            }
            let file = try openForReading(node, for: request)
            // Nothing can fail at the close of a file that was read, and each FLUSH costs a round trip.
            answer(
                reply,
                OpenResponse(
                    handle: files.insert(file, at: node.inode, for: request), directIO: true, noFlush: true))
        } catch {
            reply.fail(error)
        }
    }

    /// Answers an open; where nobody waits any more, no release will come.
    private func answer(_ reply: consuming OpenReply, _ response: OpenResponse) {
        if !reply.succeed(response) { forget(response.handle) }
    }

    /// Forgets an opening that nobody learnt of.
    func forget(_ handle: UInt64) {
        guard case .scratch(let open)? = files.remove(handle)?.file else { return }
        scratch.close(open.file.number, now: manager.configuration.clock())
    }

    private func openForReading(_ node: Node, for request: Request) throws(Errno) -> OpenFiles.File {
        let caller = caller(request)
        do {
            switch node {
            case .metadata(let serial):
                guard manager.view(serial, for: caller) != nil else { throw Errno.noSuchFileOrDirectory }
                let description = try manager.describeSecret(caller, secret: serial)
                return .text(Array(description.fileText.utf8), thread: request.pid)
            case .file(let serial, let place, let member):
                let selector = try selector(serial, place)
                let readable = try manager.getSecretValue(
                    caller, secret: serial, selector: selector, member: member)
                return .snapshot(Snapshot(readable, thread: request.pid))
            case .scratch:
                throw Errno.busy
            case .folder, .secret, .versions, .place:
                throw Errno.isDirectory
            }
        } catch let error as Errno {
            throw error
        } catch let error as ServiceError {
            throw errno(error)
        } catch {
            throw .ioError
        }
    }

    private func selector(_ serial: UInt32, _ place: Node.Place) throws(Errno) -> VersionSelector {
        switch place {
        case .version(let sequence): return .sequence(sequence)
        case .stage(let number):
            guard let label = manager.record(serial)?.label(number) else { throw .noSuchFileOrDirectory }
            return .stage(label)
        }
    }

    public func read(
        _ request: Request, node: InodeNumber, handle: UInt64, offset: Int64, size: Int,
        isPageCacheFill: Bool,
        reply: consuming DataReply
    ) {
        guard let file = file(handle, at: node, for: request) else {
            reply.fail(missing(handle))
            return
        }
        switch file {
        case .text(let text, _):
            let rest = text.dropFirst(Int(clamping: offset)).prefix(size)
            var waiting: DataReply? = consume reply
            unsafe rest.withUnsafeBytes { unsafe waiting.take()?.succeed($0) }
        case .snapshot(let snapshot):
            if snapshot.isStrict.load(ordering: .relaxed),
                let refusal = refusal(of: snapshot, at: node, fillsPageCache: isPageCacheFill, for: request)
            {
                reply.fail(refusal)
                return
            }
            if isPageCacheFill { snapshot.hasFilledPageCache.store(true, ordering: .relaxed) }
            // The read that meets the end of the file, which follows nearly every other one, opens nothing.
            guard offset < snapshot.readable.size else {
                reply.succeedEmpty()
                return
            }
            unsafe answer(reply, size: min(size, snapshot.readable.size - Int(offset))) {
                buffer throws(Errno) in
                do throws(ServiceError) {
                    return try unsafe manager.read(snapshot.readable, at: Int(offset), into: buffer)
                } catch {
                    throw errno(error)
                }
            }
        case .scratch(let open):
            read(open, at: offset, size: size, isPageCacheFill: isPageCacheFill, for: request, reply)
        case .draft(let draft):
            guard draft.isReadable else {
                reply.fail(.badFileDescriptor)
                return
            }
            if let refusal = refusal(of: draft, fillsPageCache: isPageCacheFill, for: request) {
                reply.fail(refusal)
                return
            }
            if isPageCacheFill {
                // The page cache is everybody's: what isn't committed must not get there.
                guard !draft.isChanged else {
                    reply.fail(.ioError)
                    return
                }
                draft.hasFilledPageCache.store(true, ordering: .relaxed)
            }
            unsafe answer(reply, size: size) { buffer throws(Errno) in
                try unsafe draft.read(at: Int(clamping: offset), into: buffer, manager: manager)
            }
        case .left:
            reply.fail(missing(handle))
        }
    }

    /// Answers with what the body puts into guarded memory, from where it goes to the kernel; it is wiped behind it.
    func answer(
        _ reply: consuming DataReply, size: Int,
        _ body: (UnsafeMutableRawBufferPointer) throws(Errno) -> Int
    ) {
        var plaintext: SecretBytes
        do {
            plaintext = try SecretBytes(zeroedCount: size)
        } catch {
            log("no guarded memory for a read of \(size) bytes: \(error.description)")
            reply.fail(.outOfMemory)
            return
        }
        do throws(Errno) {
            let count = try unsafe plaintext.withUnsafeMutableBytes { bytes throws(Errno) in
                try unsafe body(bytes)
            }
            // A closure can't consume what it captures; it can take it out of an optional.
            var waiting: DataReply? = consume reply
            unsafe plaintext.withUnsafeBytes { bytes in
                unsafe waiting.take()?.succeed(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
            }
        } catch {
            reply.fail(error)
        }
    }

    /// There are no holes: all is data, up to the end of what is open, which is a hole by definition.
    public func lseek(
        _ request: Request, node: InodeNumber, handle: UInt64, offset: Int64, target: SeekTarget,
        reply: consuming SeekReply
    ) {
        let size: Int
        switch file(handle, at: node, for: request) {
        case .snapshot(let snapshot)?: size = snapshot.readable.size
        case .draft(let draft)?: size = draft.size
        case .text(let text, _)?: size = text.count
        case .scratch(let open)?: size = open.file.size
        case .left?, nil:
            reply.fail(missing(handle))
            return
        }
        guard offset >= 0, offset < size else {
            reply.fail(.noSuchAddressOrDevice)
            return
        }
        reply.succeed(offset: target == .data ? offset : Int64(size))
    }

    public func release(
        _ request: Request, node: InodeNumber, handle: UInt64, flags: OpenFlags, reply: consuming EmptyReply
    ) {
        guard let file = files[handle] else {
            reply.succeed()
            return
        }
        switch file {
        case .left:
            let wasLast = files.remove(handle)?.wasLast ?? true
            reply.succeed()
            // What the process before let into the page cache isn't known.
            if wasLast { notifications.withLock { $0 }?.invalidateInode(node) }
        case .text:
            _ = files.remove(handle)
            reply.succeed()
        case .snapshot(let snapshot):
            let wasLast = files.remove(handle)?.wasLast ?? true
            reply.succeed()
            if snapshot.hasFilledPageCache.load(ordering: .relaxed), wasLast {
                // What mappings and sendfile left in the page cache goes with the last one who had it open.
                notifications.withLock { $0 }?.invalidateInode(node)
            }
        case .draft(let draft):
            finish(draft, handle: handle, for: request, reply)
            if draft.hasFilledPageCache.load(ordering: .relaxed) {
                notifications.withLock { $0 }?.invalidateInode(node)
            }
        case .scratch(let open):
            finish(open, handle: handle, for: request, reply)
        }
    }
}
