import Foundation
import KeyService
import SecretMemory
import Testing

/// What format 1 wrote once must open for ever: these bytes are never made anew.
@Suite("The frozen format 1")
struct FrozenFormatTests {
    static let header = hex(
        """
        434f4646455248440100bec97150c78cb68c2e5f2da0f11ab22c0200010000000168002ecb9d667ad38f40f3e2c76cd159
        fcb4010000000000000000200000000000006c754dd09ff0cf5d3faee4ddc5e70c70ccc1d2b0fbc14edcb89e5d90fdc308
        f47b780c992fda275361bb05c5456d955ca322f0f4e13d336ba1b0a264105763f95c89d9d7d88109db02000000025800a4
        aa503d3c3dde3733f3ac508ded68cf154f9ff80d8296e177b0a56b5a3eef0eadcfc7a6f1faaad9736bc766320122a05547
        2ea77388923e189ff1e8251e741701661074322af92223b657a42b08572440523cf17a5b2bf48c40c42d224c86eb039f29
        22d35da073a25cf08f90c94a598d0199ecb573849660c7469150a3e6329e21fe5cf57c072a
        """)
    static let key = hex(
        """
        01100d5560b45d44e2be9dd66216ad0635010001000000074ef261ae4efdb5d39cdd9ac1e5b95ea7e003b7c7ddfed9c486
        df7a400a0302b2c2755aa1d2aaa9c1e4c3bedea4491c6416c58b9ed36ff9b77bc709bd3d1f59e4ef5aba285dabbcf89213
        dea199f6fd92d27e71dfb96cf9bbd8b64910e4e0da28fe5d8fc6788fbba416700d8f48b204011f914550f8f9f13338f6b0
        11e0d56114d2ffd1ea6cda0bb03d37b278b5381cd2d11bf040e48e47
        """)
    static let value = hex(
        """
        01100d5560b45d44e2be9dd66216ad0635010000002c00000000000000280b83179fd7c3acbac8c8bc876d1cd2eaf9315b
        1330885e334c3fc8f6df7c36d27cf7a7acc27bca43aba56f02fb23fe80747038c4211c7cf90c3d3b8e6740646583abfcd0
        b252608f896022877c7c00fe8def41f6da73ff93d61c09411444308cfffcb0b31dc8d391fa26d72522a762bd4147155a98
        2287acbce8440b1487d3c57f7f640509465cfbc87de764aa4f55d8fb8d5a313742ab9e8ae3d1
        """)
    static let record = hex(
        """
        016b9eeb2ab1939a243cf1f1f000d800bbe952749f697f0671fe9ded477b6015d4647d6aca291eaa6f7faff7bf58d87571
        d74d5254b24d7ccf3e5818a0
        """)
    static let keyFile =
        "coffer-key-file-1 feab8029bd4ffa17f7295d00ceb09ac9af7d3dc03c880327964576d2b6b39b45"
        + " 676dba1db6b5c9cb5ec53d8bf6c9fb55\n"

    func expectEverythingOpens(_ service: EmbeddedKeyService) throws {
        #expect(service.storeID.description == "bec97150-c78c-b68c-2e5f-2da0f11ab22c")
        #expect(service.defaultKeyID.text == "100d5560-b45d-44e2-be9d-d66216ad0635")
        #expect(try service.keyState(service.defaultKeyID) == .enabled)
        let plain = try service.opened(Self.value, context: ValueContext(secret: 7, version: 3))
        #expect(String(decoding: plain, as: UTF8.self) == "The quick brown fox jumps over the lazy dog.")
        let context = RecordContext(kind: 3, number: 42, revision: 5)
        let record = try service.openRecord(Self.record, context: context)
        #expect(String(decoding: record, as: UTF8.self) == "a record of metadata")
        #expect(
            try service.recordTag(Self.record, context: context).bytes
                == hex("84c403791533f54f85ec3a6a04e1c96d44ca331f1f91ca2f11785862beb3448b"))
        #expect(
            try service.auditKey().plain
                == hex("bf47ac236dee29b7b9ea6951a2dfa8e281071c81444f4f4b65d7e7399a7acc41"))
    }

    @Test("A store of format 1 opens with its passphrase")
    func passphrase() throws {
        try expectEverythingOpens(
            try EmbeddedKeyService(
                unlocking: Self.header, keys: [(1, Self.key)], with: try Fixture.protector()))
    }

    @Test("A store of format 1 opens with its key file")
    func keyFile() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("key")
        try Data(Self.keyFile.utf8).write(to: URL(fileURLWithPath: path))
        try expectEverythingOpens(
            try EmbeddedKeyService(
                unlocking: Self.header, keys: [(1, Self.key)], with: .keyFile(path: path)))
    }
}
