import Foundation
import Testing

@Suite("Random calls against a model")
struct ModelTests {
    /// How many steps on the mount: `COFFER_MODEL_STEPS`, see docs/testing.md.
    private static let steps =
        ProcessInfo.processInfo.environment["COFFER_MODEL_STEPS"].flatMap(Int.init) ?? 10_000
    /// Where the random numbers begin: `COFFER_MODEL_SEED`; otherwise different each time.
    private static let seed =
        ProcessInfo.processInfo.environment["COFFER_MODEL_SEED"].flatMap(UInt64.init)
        ?? UInt64.random(in: 1...999_999)

    @Test(
        "Whatever is called in whatever order, what is seen is what the model says",
        arguments: Driver.allCases)
    func model(_ driver: Driver) throws {
        let steps = driver == .mounted ? Self.steps : Self.steps / 5
        let run = try ModelRun(driver, seed: Self.seed)
        var step = 0
        do {
            while step < steps {
                step += 1
                try run.step(step)
            }
            try run.restartAndCheck()
        } catch {
            Issue.record(
                """
                step \(step) of seed \(Self.seed) (COFFER_MODEL_SEED=\(Self.seed) repeats it): \(error)
                \(run.history.suffix(40).joined(separator: "\n"))
                """)
        }
    }
}
