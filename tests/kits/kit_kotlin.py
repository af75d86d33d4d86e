"""The Kotlin package, compiled and run on a desktop JVM: its own code, with an engine over the C package by JNI."""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from pathlib import Path

from kit_here import Replayed, litert, need, run

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


def replay(folder: Path, cache: Path) -> Replayed:
    """Replays the test vectors of a version."""
    need("javac", "mvn", "gcc", package="default-jdk-headless maven gcc")
    library, headers = litert(), Path(str(shutil.which("javac"))).resolve().parents[1] / "include"
    with tempfile.TemporaryDirectory() as work:
        bridge = Path(work, "bridge.c")
        bridge.write_text(BRIDGE)
        native = [bridge, *(folder / "kit/c" / one for one in ("predictor.c", "predictor_inputs.c"))]
        include = ["-I", headers, "-I", headers / "linux", "-I", folder / "kit/c"]
        linked = [library, f"-Wl,-rpath,{library.parent}", "-lm"]
        run(["gcc", "-Werror", "-shared", "-fPIC", "-O2", *include, *native, "-o", f"{work}/libbridge.so", *linked])
        vectors = folder / "kit/kotlin/src/androidTest/assets/vectors.txt"
        words = [f"{work}/libbridge.so", folder / "model.tflite", vectors]
        said = run([*compiled(folder, cache, Path(work), PROGRAM), *words])
    found = re.search(r"largest difference (\S+), (\S+) us", said)
    if found is None:
        raise RuntimeError(f"the Kotlin program said {said!r}")
    return Replayed(float(found[1]), call_us=float(found[2]))


def compiled(folder: Path, cache: Path, work: Path, program: str) -> list[str]:
    """The command that runs a program with the package, which is compiled with its engine for Android too.

    Args:
        folder: of the version.
        cache: keeps compiler and libraries.
        work: keeps the classes.
        program: a source in the package `predictor` with a `main`.
    """
    on = ":".join(map(str, _jars(cache)))
    (work / "Program.kt").write_text(program)
    sources = [*(folder / "kit/kotlin/src/main").rglob("*.kt"), *(folder / "kit/kotlin/src").rglob("Replay.kt")]
    words = ["-no-stdlib", "-no-reflect", "-Werror", "-classpath", on, "-d", work / "classes"]
    run(["java", "-cp", on, "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler", *words, *sources, work / "Program.kt"])
    return ["java", "-cp", f"{work}/classes:{on}", "predictor.ProgramKt"]


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
            run(command)
            for one in Path(work, "jars").glob("*.aar"):
                with zipfile.ZipFile(one) as archive:
                    one.with_suffix(".jar").write_bytes(archive.read("classes.jar"))
            shutil.copytree(f"{work}/jars", cache, ignore=shutil.ignore_patterns("*.aar"))
    return sorted(cache.glob("*.jar"))
