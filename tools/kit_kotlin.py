"""The Kotlin package, compiled and run on a desktop JVM: its own code, with an engine over the C package by JNI."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

KOTLIN, LITE = "2.2.21", "2.16.1"
WANTED = {  # version, type, and what of its own dependencies to leave out
    "org.jetbrains.kotlin:kotlin-compiler-embeddable": (KOTLIN, "jar", ""),
    "org.tensorflow:tensorflow-lite": (LITE, "aar", "*"),  # what build.gradle.kts names
    "org.tensorflow:tensorflow-lite-api": (LITE, "aar", "*"),
    "com.google.android:android": ("4.1.1.4", "jar", "*"),  # declares android.content.Context
}
POM = """<project><modelVersion>4.0.0</modelVersion><groupId>kit</groupId><artifactId>trial</artifactId>
<version>1</version><dependencies>{}</dependencies></project>"""
DEPENDENCY = """<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version><type>{}</type>
<exclusions><exclusion><groupId>{other}</groupId><artifactId>{other}</artifactId></exclusion></exclusions></dependency>"""

BRIDGE = """#include <jni.h>
#include <stdlib.h>
#include "predictor.h"
JNIEXPORT jlong JNICALL Java_predictor_Bridge_open(JNIEnv* env, jobject self, jbyteArray model) {
  const jsize size = (*env)->GetArrayLength(env, model);
  void* kept = malloc((size_t)size);  /* the model lies there until the program ends */
  (*env)->GetByteArrayRegion(env, model, 0, size, kept);
  return (jlong)(intptr_t)predictor_open(kept, (size_t)size);
}
JNIEXPORT jfloatArray JNICALL Java_predictor_Bridge_run(JNIEnv* env, jobject self, jlong handle, jintArray bits) {
  predictor_row row;
  float values[PREDICTOR_OUTPUTS];
  (*env)->GetIntArrayRegion(env, bits, 0, PREDICTOR_INPUTS, (jint*)&row);
  if (predictor_run((predictor*)(intptr_t)handle, &row, values) != PREDICTOR_OK) return NULL;
  jfloatArray found = (*env)->NewFloatArray(env, PREDICTOR_OUTPUTS);
  (*env)->SetFloatArrayRegion(env, found, 0, PREDICTOR_OUTPUTS, values);
  return found;
}
"""
PROGRAM = """package predictor
import java.io.File
class Bridge(model: ByteArray) : Engine {
    private val handle = open(model).also { check(it != 0L) { "no such model" } }
    private external fun open(model: ByteArray): Long
    private external fun run(handle: Long, bits: IntArray): FloatArray
    override fun run(tensors: Map<String, Any>) = run(handle, IntArray(tensors.size).also { bits ->
        tensors.values.forEachIndexed { place, one ->
            bits[place] = if (one is IntArray) one[0] else (one as FloatArray)[0].toRawBits()
        }
    })
    override fun close() {}
}
fun main(words: Array<String>) {
    System.load(words[0])
    val lines = File(words[2]).readLines()
    val engine = Bridge(File(words[1]).readBytes())
    val seen = replay(engine, lines.asSequence())
    val rows = mutableListOf<Map<String, Any>>()
    replay(object : Engine by engine {
        override fun run(tensors: Map<String, Any>) = engine.run(tensors.also { rows += it })
    }, lines.asSequence())
    repeat(20) { rows.forEach { engine.run(it) } }
    val start = System.nanoTime()
    repeat(20) { rows.forEach { engine.run(it) } }
    val taken = (System.nanoTime() - start) / 1e3 / (20 * rows.size)
    println("${seen.off} of ${seen.vectors} vectors are off, largest difference ${seen.largest}, $taken us")
}
"""


class Absent(RuntimeError):
    """A tool is not here; the words say which."""


def replay(folder: Path, cache: Path) -> tuple[float, float]:
    """Largest difference on the test vectors of a version, and microseconds a call.

    Everything is compiled, the engine for Android too, against the package that the Gradle module names.

    Raises:
        Absent: JDK, Maven, gcc or LiteRT's library is not here.
        RuntimeError: something did not compile or run.
    """
    package = importlib.util.find_spec("ai_edge_litert")
    library = Path(str(package and package.origin)).parent / "libLiteRt.so"
    compiler = shutil.which("javac")
    if compiler is None or not all(map(shutil.which, ("mvn", "gcc"))) or not library.exists():
        raise Absent("needs a JDK, Maven, gcc and libLiteRt.so")
    headers = Path(compiler).resolve().parents[1] / "include"
    jars = _jars(cache)
    sources = [*(folder / "kit/kotlin/src/main").rglob("*.kt"), *(folder / "kit/kotlin/src").rglob("Replay.kt")]
    with tempfile.TemporaryDirectory() as work:
        bridge, program = Path(work, "bridge.c"), Path(work, "Program.kt")
        bridge.write_text(BRIDGE)
        program.write_text(PROGRAM)
        native = [bridge, *(folder / "kit/c" / one for one in ("predictor.c", "predictor_inputs.c"))]
        include = ["-I", headers, "-I", headers / "linux", "-I", folder / "kit/c"]
        linked = [library, f"-Wl,-rpath,{library.parent}", "-lm"]
        _run(["gcc", "-shared", "-fPIC", "-O2", *include, *native, "-o", f"{work}/libbridge.so", *linked])
        on = ":".join(map(str, jars))
        words = ["-no-stdlib", "-no-reflect", "-Werror", "-classpath", on, "-d", f"{work}/classes"]
        _run(["java", "-cp", on, "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler", *words, *sources, program])
        vectors = folder / "kit/kotlin/src/androidTest/assets/vectors.txt"
        run = ["java", "-cp", f"{work}/classes:{on}", "predictor.ProgramKt"]
        said = _run([*run, f"{work}/libbridge.so", folder / "model.tflite", vectors])
    found = re.search(r"largest difference (\S+), (\S+) us", said)
    if found is None:
        raise RuntimeError(f"the Kotlin program said {said!r}")
    return float(found[1]), float(found[2])


def _jars(cache: Path) -> list[Path]:
    """Compiler, standard library and what the package is compiled against, from Maven Central."""
    if not cache.exists():
        with tempfile.TemporaryDirectory() as work:
            wanted = (
                DEPENDENCY.format(*name.split(":"), version, kind, other=other or "none")
                for name, (version, kind, other) in WANTED.items()
            )
            Path(work, "pom.xml").write_text(POM.format("".join(wanted)))
            command = ["mvn", "-q", "-B", "-f", work, "dependency:copy-dependencies", f"-DoutputDirectory={work}/jars"]
            _run(command)
            for one in Path(work, "jars").glob("*.aar"):
                with zipfile.ZipFile(one) as archive:
                    one.with_suffix(".jar").write_bytes(archive.read("classes.jar"))
            shutil.copytree(f"{work}/jars", cache, ignore=shutil.ignore_patterns("*.aar"))
    return sorted(cache.glob("*.jar"))


def _run(command: Sequence[object]) -> str:
    done = subprocess.run([str(one) for one in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {(done.stdout + done.stderr)[:800]}")
    return done.stdout
