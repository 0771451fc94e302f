"""The engines of the table: how each is started, and what must be known of its row."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
JAVA = HERE / "java"
JARS = JAVA / "target"
_JVM = ("-Xmx3g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error")
# Flink's and Kafka's own serializers look into these; the JVM forbids it by default.
_OPEN = ("--add-opens=java.base/java.util=ALL-UNNAMED", "--add-opens=java.base/java.lang=ALL-UNNAMED")


@dataclass(frozen=True)
class Engine:
    """One row. `most`: it gets no more events than that, for it would take too long. `warm`: an untimed pass first."""

    name: str
    file: str
    command: Callable[[], list[str]]
    crash: bool = True
    warm: bool = False
    most: int = 10_000_000


QUIX_PYTHON = HERE.parents[1] / ".venv-quix" / "bin" / "python"  # it refuses our pydantic, so it has a venv of its own


def _python(name: str, python: Path = Path(sys.executable)) -> Callable[[], list[str]]:
    return lambda: [str(python), "-m", f"bench.peers.{name}"]


def _java(name: str, *arguments: str) -> Callable[[], list[str]]:
    classes = f"{JARS / 'classes'}:{JARS / 'dependency'}/*"
    return lambda: ["java", *_JVM, *_OPEN, "-cp", classes, f"peers.{name}", *arguments]


_STREAMS, _FLINK = "java/src/main/java/peers/Streams.java", "java/src/main/java/peers/Flink.java"

FLOOR = Engine("floor (aiokafka, decode only)", "floor.py", _python("floor"), crash=False)
ENGINES = (
    FLOOR,
    Engine("ours (streams.batch)", "ours.py", _python("ours")),
    Engine("ours, two hops, validated", "ours_hops.py", _python("ours_hops")),
    Engine("stock Faust", "stock_faust.py", _python("stock_faust"), most=100_000),
    Engine("Quix Streams", "quix.py", _python("quix", QUIX_PYTHON), most=100_000),
    Engine("Bytewax, snapshots", "bytewax_flow.py", _python("bytewax_flow")),
    Engine("Kafka Streams, at least once", _STREAMS, _java("Streams", "at_least_once")),
    Engine("Kafka Streams, exactly once", _STREAMS, _java("Streams", "exactly_once_v2")),
    Engine("Kafka Streams, exactly once, warm", _STREAMS, _java("Streams", "exactly_once_v2"), crash=False, warm=True),
    Engine("Flink, checkpoints", _FLINK, _java("Flink")),
    Engine("Flink, checkpoints, warm", _FLINK, _java("Flink"), crash=False, warm=True),
)
