"""The package for microcontrollers, compiled from the runtime's source and run on emulated processors."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kit_here import Absent, Replayed, need, run

FOLDER = "TFLM"
"""Variable of the environment that names a checkout of tflite-micro, after `make -f
tensorflow/lite/micro/tools/make/Makefile third_party_downloads` there."""

DOWNLOADS = "tensorflow/lite/micro/tools/make/downloads"
INCLUDES = (".", DOWNLOADS, *(f"{DOWNLOADS}/{one}" for one in ("flatbuffers/include", "gemmlowp", "ruy")))
FRAMEWORK = ("micro", "micro/arena_allocator", "micro/memory_planner", "micro/tflite_bridge", "core/api", "core/c")
FRAMEWORK += ("kernels", "kernels/internal", "kernels/internal/reference")
FLAGS = (
    *("-Os", "-std=c++17", "-fno-rtti", "-fno-exceptions", "-fno-threadsafe-statics"),
    *("-ffunction-sections", "-fdata-sections", "-DTF_LITE_STATIC_MEMORY", "-DTF_LITE_DISABLE_X86_NEON", "-w"),
)

# Memory of QEMU's board mps2-an386. What is in RAM is loaded there, so nothing has to be copied.
LAYOUT = """ENTRY(reset)
MEMORY { CODE (rx): ORIGIN = 0, LENGTH = 4M  DATA (rwx): ORIGIN = 0x20000000, LENGTH = 4M }
SECTIONS {
  .text : { KEEP(*(.vectors)) *(.text*) *(.rodata*) KEEP(*(.init)) KEEP(*(.fini)) } > CODE
  .ARM.exidx : { *(.ARM.exidx*) *(.ARM.extab*) } > CODE
  .init_array : { __preinit_array_start = .; __preinit_array_end = .; __init_array_start = .; KEEP(*(.init_array*))
    __init_array_end = .; __fini_array_start = .; KEEP(*(.fini_array*)) __fini_array_end = .; } > CODE
  .data : { *(.data*) } > DATA
  .bss : { __bss_start__ = .; *(.bss*) *(COMMON) __bss_end__ = .; end = .; __end__ = .; } > DATA
}
"""
START = """extern void _start(void);
void reset(void) {
  *(volatile unsigned*)0xE000ED88 |= 0xF << 20;  /* the floating-point unit */
  __asm volatile("dsb; isb");
  _start();
}
__attribute__((section(".vectors"), used)) static void* const vectors[] = {(void*)0x20400000, (void*)reset};
"""


@dataclass(frozen=True)
class Board:
    """A processor to emulate.

    Attributes:
        name: for the table.
        prefix: of the compiler's programs.
        flags: of compiler and linker.
        run: command before the program.
        package: of Debian, with these programs.
    """

    name: str
    prefix: str
    flags: Sequence[str]
    run: Sequence[str]
    package: str


HERE = Board("this processor", "", (), (), "g++")
ARM64 = Board(
    "arm64, QEMU",
    "aarch64-linux-gnu-",
    ("-static",),
    ("qemu-aarch64-static",),
    "g++-aarch64-linux-gnu qemu-user-static",
)
CORTEX = Board(
    "Cortex-M4F, QEMU",
    "arm-none-eabi-",
    ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16", "--specs=rdimon.specs"),
    (
        *("qemu-system-arm", "-M", "mps2-an386", "-nographic", "-monitor", "none", "-serial", "null"),
        *("-semihosting-config", "enable=on,target=native", "-kernel"),
    ),
    "gcc-arm-none-eabi libstdc++-arm-none-eabi-newlib qemu-system-arm",
)


def replay(folder: Path, board: Board, cache: Path) -> Replayed:
    """Compiles the package of a version and the kernels that it needs, and replays all test vectors."""
    source = Path(os.environ.get(FOLDER) or "-").absolute()
    if not (source / DOWNLOADS / "flatbuffers").exists():
        raise Absent(f"needs {FOLDER}=a checkout of tflite-micro with its third_party_downloads")
    needed = (f"{board.prefix}g++", f"{board.prefix}gcc", *board.run[:1])
    need(*needed, package=board.package)
    operators = json.loads((folder / "model.json").read_text())["targets"]["micro"]["operators"]
    objects = cache / board.name.split(",")[0]
    objects.mkdir(parents=True, exist_ok=True)
    runtime = [_compiled(board, one, source, objects) for one in _sources(source / "tensorflow/lite", operators)]
    program = _linked(folder / "kit", board, source, objects, runtime)
    said = run([*board.run, program], timeout=300)
    told = re.search(r"largest difference (\S+), (\d+) bytes of arena", said)
    if told is None:
        raise RuntimeError(f"{board.name}: said {said[-300:]!r}")
    text = int(run([f"{board.prefix}size", program]).splitlines()[1].split()[0])
    memory = f"{int(told[2]):,} bytes of arena; {text:,} of program, file and vectors included"
    return Replayed(float(told[1]), memory=memory)


def _sources(lite: Path, operators: Sequence[str]) -> Iterator[Path]:
    """The framework, and the kernels of these operators alone."""
    for part in FRAMEWORK:
        yield from (one for one in sorted((lite / part).glob("*.cc")) if _is_runtime(one))
    compiler = lite.parent / "compiler/mlir/lite"
    yield from (compiler / "core/api/error_reporter.cc", compiler / "schema/schema_utils.cc")
    names = {"ADD", "SUB", "MUL", *operators}
    wanted = re.compile(rf"^TFLMRegistration\*? Register_({'|'.join(names)})\(", re.MULTILINE)
    kernels = sorted((lite / "micro/kernels").glob("*.cc"))
    stems = {one.stem for one in kernels if wanted.search(one.read_text())}
    also = {f"{one}_common" for one in stems} | {"kernel_util", "activations_common"}
    yield from (one for one in kernels if one.stem in stems | also and _is_runtime(one))


def _is_runtime(path: Path) -> bool:
    return not re.search(r"_test|test_|mock_|fake_|recording_|hexdump|_detection_|micro_time|_flexbuffers", path.name)


def _compiled(board: Board, path: Path, source: Path, objects: Path) -> Path:
    target = objects / f"{'.'.join(path.relative_to(source).parts[2:])}.o"
    if not target.exists():
        part = target.with_suffix(".part")
        run([f"{board.prefix}g++", *FLAGS, *board.flags, *_includes(source), "-c", path, "-o", part])
        part.rename(target)
    return target


def _linked(kit: Path, board: Board, source: Path, objects: Path, runtime: Sequence[Path]) -> Path:
    program = objects / "replay.elf"
    here = ["-I", str(kit / "c"), "-I", str(kit / "tflm")]
    plain = [kit / "c/predictor_inputs.c"]
    layout: list[str] = []
    if board is CORTEX:
        (objects / "start.c").write_text(START)
        (objects / "layout.ld").write_text(LAYOUT)
        plain.append(objects / "start.c")
        layout = ["-T", str(objects / "layout.ld")]
    made = []
    for one in plain:
        made.append(str(objects / f"{one.stem}.o"))
        run([f"{board.prefix}gcc", "-Os", "-ffunction-sections", *board.flags, *here, "-c", str(one), "-o", made[-1]])
    own = [str(kit / "tflm/predictor_tflm.cc"), str(kit / "tflm/test_predictor_tflm.cc")]
    parts = [*own, *made, *map(str, runtime)]
    command = [f"{board.prefix}g++", *FLAGS, *board.flags, *here, *_includes(source), *layout, *parts]
    run([*command, "-Wl,--gc-sections", "-lm", "-o", str(program)])
    return program


def _includes(source: Path) -> list[str]:
    return [word for one in INCLUDES for word in ("-I", str(source / one))]
