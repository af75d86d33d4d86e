"""The Swift package, built and tested by SwiftPM: every file as the kit has it, its engine for iOS too.

The module `TensorFlowLite` that it imports exists for Apple's systems alone. One of the same interface, over the C
package, stands in for it.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

from kit_here import DEBIAN_13, Absent, Replayed, litert, need, run

# As declared in tensorflow/lite/swift/Sources of TensorFlow 2.14 and later, of which the kit uses no more.
MODULE = """import CPredictor
import Foundation

public struct Broken: Error {}

public struct Tensor {
    public let data: Data
}

public final class Interpreter {
    let model: NSData
    let handle: OpaquePointer

    public struct Options {
        public init() {}
    }

    public init(modelPath: String, options: Options? = nil) throws {
        model = try NSData(contentsOfFile: modelPath)
        guard let made = predictor_open(model.bytes, model.length) else { throw Broken() }
        handle = made
    }

    deinit { predictor_close(handle) }

    public func signatureRunner(with key: String) throws -> SignatureRunner {
        guard key == "serving_default" else { throw Broken() }
        return SignatureRunner(self)
    }
}

public final class SignatureRunner {
    private static let names = [@NAMES@]
    private let interpreter: Interpreter
    private var values = [Float](repeating: 0, count: Int(PREDICTOR_OUTPUTS))

    init(_ interpreter: Interpreter) { self.interpreter = interpreter }

    public func invoke(with inputs: [String: Data]) throws {
        var row = predictor_row()
        guard Set(inputs.keys) == Set(Self.names) else { throw Broken() }
        try withUnsafeMutableBytes(of: &row) { bytes in
            for (place, name) in Self.names.enumerated() {
                guard inputs[name]!.count == 4 else { throw Broken() }
                bytes.baseAddress!.advanced(by: 4 * place).copyMemory(from: [UInt8](inputs[name]!), byteCount: 4)
            }
        }
        guard predictor_run(interpreter.handle, &row, &values) == PREDICTOR_OK else { throw Broken() }
    }

    public func output(named name: String) throws -> Tensor {
        guard name == "@OUTPUT@" else { throw Broken() }
        return Tensor(data: values.withUnsafeBytes { Data($0) })
    }
}
"""
# The folder is seen in the root under its own path; the mounts end with the last process.
ENTER = """root=$1; work=$2; shift 2
mount --make-rprivate /
mount -t tmpfs none "$root/tmp"
mkdir -p "$root$work"
for folder in /dev /proc /sys "$work"; do mount --rbind "$folder" "$root$folder"; done
exec env HOME=/tmp PATH=/usr/bin:/bin:/usr/sbin:/sbin chroot "$root" "$@" """


def replay(folder: Path) -> Replayed:
    """Replays the test vectors of a version."""
    need("gcc")
    with tempfile.TemporaryDirectory() as work:
        entered = entering(Path(work))
        version = re.search(r"Swift version (\S+)", run([*entered, "swiftc", "--version"]))
        said = run([*entered, "sh", "-c", f"cd {work}/swift && {prepared(folder, Path(work))}"])
    found = re.search(r"largest difference (\S+), (\S+) us", said)
    if found is None or version is None:
        raise RuntimeError(f"the test of the Swift package said {said[-500:]!r}")
    return Replayed(float(found[1]), version[1], call_us=float(found[2]))


def entering(work: Path) -> list[str]:
    """What to put before a command, so that it finds Swift and sees this folder."""
    if shutil.which("swift"):
        return []
    if os.geteuid() == 0 and (DEBIAN_13 / "usr/bin/swiftc").is_symlink():
        return ["unshare", "--mount", "--fork", "sh", "-euc", ENTER, "enter", str(DEBIAN_13), str(work)]
    raise Absent("needs Swift, or `apt-get install swiftlang` in the Debian 13 of tools/current.sh")


def prepared(folder: Path, work: Path) -> str:
    """Copies the package to `swift/` and gives the command that builds and tests it there."""
    shutil.copytree(folder / "kit/swift", work / "swift")
    shutil.copy(folder / "model.tflite", work)
    for one in ("predictor.h", "predictor_inputs.h"):
        shutil.copy(folder / "kit/c" / one, work)
    (work / "module.modulemap").write_text('module CPredictor { header "predictor.h" export * }')
    engine = (work / "swift/Sources/Predictor/TensorFlowLiteEngine.swift").read_text()
    replays = (work / "swift/Tests/PredictorTests/ReplayTests.swift").read_text()
    names = re.search(r"names: \[String\] = \[(.*?)\]", replays, re.DOTALL)
    output = re.search(r'output\(named: "(.*?)"\)', engine)
    if names is None or output is None:
        raise RuntimeError("the Swift package names its tensors in another way than this tool reads them")
    (work / "TensorFlowLite.swift").write_text(MODULE.replace("@NAMES@", names[1]).replace("@OUTPUT@", output[1]))
    shutil.copy(litert(), work)
    native = [folder / "kit/c" / one for one in ("predictor.c", "predictor_inputs.c")]
    library = ["-o", work / "libCPredictor.so", "-L", work, "-lLiteRt", "-lm"]
    run(["gcc", "-Werror", "-shared", "-fPIC", "-O2", *native, *library])
    module = "-module-name TensorFlowLite -emit-module -emit-module-path ../TensorFlowLite.swiftmodule"
    shared = "-emit-library -o ../libTensorFlowLite.so -I .. -L .. -lCPredictor"
    built = f"swiftc -O ../TensorFlowLite.swift {module} {shared}"
    linked = " ".join(f"-Xlinker {work}/lib{one}.so" for one in ("TensorFlowLite", "CPredictor", "LiteRt"))
    tested = f"swift test -c release -Xswiftc -I{work} -Xswiftc -warnings-as-errors {linked}"
    return f"{built} && LD_LIBRARY_PATH={work} PREDICTOR_MODEL={work}/model.tflite {tested}"
