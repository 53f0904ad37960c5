import Foundation
import Fuse
import Synchronization
import Testing

@Suite("A mounted file system")
struct MountedTests {
    @Test("A file is read through the mount")
    func reads() throws {
        let fileSystem = TinyFileSystem()
        try withMounted(fileSystem) { mounted in
            let result = try Child.shell("id -u; cat $MOUNT/hello", in: mounted)
            #expect(result == Child.Result(output: "\(getuid())\n" + TinyFileSystem.greeting, status: 0))
            let reader = try #require(fileSystem.seen.withLock { $0.readers.first })
            #expect(reader.uid == getuid())
            #expect(reader.pid > 0)
            #expect(fileSystem.seen.withLock { $0.readerGroups } != nil)
        }
    }

    @Test("A reply that is dropped answers EIO")
    func droppedReply() throws {
        try withMounted(TinyFileSystem()) { mounted in
            let result = try Child.python(
                """
                try: open(mount + '/dropped')
                except OSError as e: print(errno.errorcode[e.errno])
                """, in: mounted)
            #expect(result == Child.Result(output: "EIO\n", status: 0))
        }
    }

    @Test("A reply may be given later, by another thread")
    func lateReply() throws {
        try withMounted(TinyFileSystem(), threadCount: 1) { mounted in
            let result = try Child.shell("cat $MOUNT/late", in: mounted)
            #expect(result == Child.Result(output: TinyFileSystem.greeting, status: 0))
        }
    }

    @Test("Attributes arrive as the file system told them")
    func attributes() throws {
        try withMounted(TinyFileSystem()) { mounted in
            let result = try Child.python(
                """
                s = os.lstat(mount + '/hello')
                print(s.st_ino, oct(s.st_mode), s.st_size, s.st_mtime_ns, s.st_nlink, s.st_blocks)
                print(os.readlink(mount + '/link'), oct(os.lstat(mount + '/link').st_mode))
                """, in: mounted)
            #expect(
                result.output == "2 0o100444 25 1234567890000000042 1 1\nhello 0o120777\n", "\(result)")
        }
    }

    @Test("Bytes that are written arrive, in order and in pieces of at most maxWrite")
    func writes() throws {
        let fileSystem = TinyFileSystem()
        var options = unsafe MountOptions()
        options.maxWrite = 8_192
        try withMounted(fileSystem, options: options) { mounted in
            let result = try Child.python(
                """
                f = os.open(mount + '/sink', os.O_WRONLY | os.O_APPEND)
                data = bytes((i * 7) % 251 for i in range(100000))
                print(os.write(f, data))
                os.close(f)
                """, in: mounted)
            #expect(result == Child.Result(output: "100000\n", status: 0))
            let expected = (0..<100_000).map { UInt8(($0 * 7) % 251) }
            #expect(fileSystem.seen.withLock { $0.written } == expected)
            #expect(fileSystem.seen.withLock { $0.wasAppend })
        }
    }

    @Test("A read for the page cache is told from a read for a process")
    func pageCacheFill() throws {
        let fileSystem = TinyFileSystem()
        try withMounted(fileSystem) { mounted in
            _ = try Child.shell("cat $MOUNT/hello", in: mounted)
            #expect(fileSystem.seen.withLock { $0.pageCacheFills } == [false, false])
            _ = try Child.shell("cat $MOUNT/cached", in: mounted)
            #expect(fileSystem.seen.withLock { $0.pageCacheFills.last } == true)
        }
    }

    @Test("A directory of 5 000 names is listed whole, and sought in")
    func listing() throws {
        try withMounted(TinyFileSystem()) { mounted in
            let result = try Child.python(
                """
                import ctypes
                names = os.listdir(mount + '/many')
                print(len(names), len(set(names)))
                c = ctypes.CDLL(None, use_errno=True)
                c.opendir.restype = c.readdir.restype = ctypes.c_void_p
                c.readdir.argtypes = c.telldir.argtypes = c.closedir.argtypes = [ctypes.c_void_p]
                c.telldir.restype = ctypes.c_long
                c.seekdir.argtypes = [ctypes.c_void_p, ctypes.c_long]
                d = c.opendir((mount + '/many').encode())
                name = lambda: ctypes.string_at(c.readdir(d) + 19).decode()
                seen = [name() for i in range(1200)]
                place = c.telldir(d)
                ahead = [name() for i in range(2000)]
                c.seekdir(d, place)
                print([name() for i in range(2000)] == ahead, ahead[-1] != seen[-1])
                c.closedir(d)
                """, in: mounted)
            #expect(result == Child.Result(output: "5000 5000\nTrue True\n", status: 0))
        }
    }

    @Test("Operations that the file system lacks answer the errno of the manual pages")
    func defaults() throws {
        try withMounted(TinyFileSystem()) { mounted in
            let result = try Child.python(
                """
                def tell(name, call):
                    try: call(); print(name, 'done')
                    except OSError as e: print(name, errno.errorcode[e.errno])
                tell('mkdir', lambda: os.mkdir(mount + '/new'))
                tell('rmdir', lambda: os.rmdir(mount + '/many'))
                tell('unlink', lambda: os.unlink(mount + '/hello'))
                tell('rename', lambda: os.rename(mount + '/hello', mount + '/other'))
                tell('symlink', lambda: os.symlink('x', mount + '/other'))
                tell('link', lambda: os.link(mount + '/hello', mount + '/other'))
                tell('mknod', lambda: os.mknod(mount + '/other'))
                tell('create', lambda: os.open(mount + '/other', os.O_CREAT | os.O_WRONLY))
                tell('chmod', lambda: os.chmod(mount + '/hello', 0o600))
                f = os.open(mount + '/sink', os.O_RDWR)
                tell('fsync', lambda: os.fsync(f))
                tell('removexattr', lambda: os.removexattr(mount + '/hello', 'user.a'))
                tell('statvfs', lambda: os.statvfs(mount))
                tell('not UTF-8', lambda: os.stat(mount.encode() + b'/\\xff'))
                tell('mkdir not UTF-8', lambda: os.mkdir(mount.encode() + b'/\\xff'))
                """, in: mounted)
            let expected = """
                mkdir EPERM
                rmdir EPERM
                unlink EPERM
                rename EPERM
                symlink EPERM
                link EPERM
                mknod EPERM
                create EPERM
                chmod EPERM
                fsync done
                removexattr ENOTSUP
                statvfs done
                not UTF-8 ENOENT
                mkdir not UTF-8 EINVAL

                """
            #expect(result == Child.Result(output: expected, status: 0))
        }
    }

    @Test("Extended attributes are set, told and listed; a short buffer answers ERANGE")
    func extendedAttributes() throws {
        try withMounted(TinyFileSystem()) { mounted in
            let result = try Child.python(
                """
                import ctypes
                os.setxattr(mount + '/hello', 'user.a', b'\\x00\\xffvalue')
                print(os.getxattr(mount + '/hello', 'user.a'), os.listxattr(mount + '/hello'))
                c = ctypes.CDLL(None, use_errno=True)
                size = c.getxattr((mount + '/hello').encode(), b'user.a', ctypes.create_string_buffer(3), 3)
                print(size, errno.errorcode[ctypes.get_errno()])
                """, in: mounted)
            #expect(
                result == Child.Result(output: "b'\\x00\\xffvalue' ['user.a']\n-1 ERANGE\n", status: 0))
        }
    }

    @Test("A file is always ready to poll, and polling goes on being asked")
    func polling() throws {
        try withMounted(TinyFileSystem()) { mounted in
            let result = try Child.python(
                """
                import select
                f = os.open(mount + '/hello', os.O_RDONLY)
                for i in range(2):
                    e = select.epoll(); e.register(f, select.EPOLLIN | select.EPOLLOUT); print(e.poll(5)[0][1])
                """, in: mounted)
            #expect(result == Child.Result(output: "5\n5\n", status: 0))
        }
    }
}
