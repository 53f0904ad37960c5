@testable import CofferCore

// The macro `#expect` takes no span as an argument, so the tests ask through these.

func isValidJSON(_ bytes: some Sequence<UInt8>) -> Bool { JSONStringCodec.isValidJSON(Array(bytes).span) }

func decodedCount(_ token: some Sequence<UInt8>) -> Int? { JSONStringCodec.decodedCount(Array(token).span) }

func encodedCount(_ bytes: some Sequence<UInt8>) -> Int? { JSONStringCodec.encodedCount(Array(bytes).span) }

func layoutOfObject(of bytes: some Sequence<UInt8>) -> JSONObjectLayout? {
    JSONObjectLayout(scanning: Array(bytes).span)
}

func encodedString(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendJSONString(text)
    return bytes
}
