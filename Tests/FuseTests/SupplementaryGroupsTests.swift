import Glibc
import Testing

@testable import Fuse

@Suite("Supplementary groups")
struct SupplementaryGroupsTests {
    @Test(
        "The line of a thread's status is read",
        arguments: [
            ("Name:\tcat\nGroups:\t0 5 4294967295 \nNStgid:\t1\n", [0, 5, 4_294_967_295]),
            ("Name:\tcat\nGroups:\t\nNStgid:\t1\n", []),
            ("Name:\tcat\nGroups:\t7\n", [7]),
            ("Name:\tGroups: 1\nUid:\t0\n", nil),
            ("Name:\tcat\nGroups:\t1 x\n", nil),
            ("Name:\tcat\nGroups:\t1 4294967296 \n", nil),
            ("Name:\tcat\nGroups:\t1 2", nil),
            ("", nil),
        ] as [(String, [UInt32]?)])
    func parsing(status: String, expected: [UInt32]?) {
        var status = status
        let groups = status.withUTF8 { unsafe Request.groups(inStatus: UnsafeRawBufferPointer($0)) }
        #expect(groups == expected)
    }

    @Test("Those of this process are the ones that the system tells")
    func ownGroups() {
        var list = [gid_t](repeating: 0, count: 65_536)
        let count = Int(unsafe getgroups(65_536, &list))
        let told = Request(uid: 0, gid: 0, pid: getpid()).supplementaryGroups()
        #expect(told.map { $0.sorted() } == list[..<count].sorted())
    }

    @Test("Those of a process that can't be seen aren't told")
    func unknownProcess() {
        #expect(Request(uid: 0, gid: 0, pid: 0).supplementaryGroups() == nil)
        #expect(Request(uid: 0, gid: 0, pid: Int32.max).supplementaryGroups() == nil)
    }
}
