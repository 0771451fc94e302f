"""A real Apache Kafka on loopback: one KRaft broker from its Maven artefacts, for tests and for `make kafka`.

What takes time is done once and kept in `.kafka/` of the repository: the jars and a formatted log folder.
"""

import base64
import fcntl
import random
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from tests.orphans import MORTAL

VERSION = "4.3.1"
ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".kafka"
POM = ROOT / "tests" / "kafka" / "pom.xml"
JVM = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
START_LIMIT_S = 90.0
_PORTS = (20_000, 32_000)  # below the ephemeral ones: a client there can connect to itself

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
auto.create.topics.enable=false
log.cleaner.dedupe.buffer.size=4194304
log.cleaner.backoff.ms=500
"""


class BrokerError(RuntimeError):
    """The broker cannot run here; the message is one sentence (and the end of its log)."""


class Broker:
    """One broker over one folder. It may be stopped, killed and started again: what it acknowledged is kept."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        """Prepares the folder (empty or new); `port` 0: a free one. BrokerError without Java or Maven."""
        jars = _prepared()
        self.port = port or free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.log = folder / "broker.log"
        self._properties = folder / "server.properties"
        self._command = [*MORTAL, "java", *JVM, "-cp", f"{jars}/*", "kafka.Kafka", str(self._properties)]
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "data").exists():
            shutil.copytree(CACHE / f"formatted-{VERSION}", folder / "data")
        _write_properties(self._properties, self.port, folder / "data")

    def start(self) -> "Broker":
        """Starts it and waits until it answers an admin call; BrokerError with the end of its log when it does not."""
        if not _is_free(self.port):
            raise BrokerError(f"something already listens on {self.address}; choose another port")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, start_new_session=True)
        give_up = time.monotonic() + START_LIMIT_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > give_up:
                self.kill()
                end = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
                raise BrokerError(f"Kafka {VERSION} did not start on {self.address}; the end of {self.log}:\n{end}")
            time.sleep(0.1)
        return self

    def stop(self) -> None:
        """Asks it to end; kills it when it has not after 20 s."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it as a crash would."""
        self._end(signal.SIGKILL)

    def running(self) -> bool:
        """Whether its process is alive."""
        return self._process is not None and self._process.poll() is None

    def _end(self, sign: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(sign)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _answers(self) -> bool:
        try:
            admin = KafkaAdminClient(bootstrap_servers=self.address, request_timeout_ms=2000, bootstrap_timeout_ms=1000)
        except (KafkaError, OSError):
            return False
        try:
            return bool(admin.describe_cluster()["brokers"])
        except (KafkaError, OSError):
            return False
        finally:
            admin.close()


def missing() -> str:
    """Why no broker can be started here, as a sentence; "" when one can."""
    lacking = [program for program in ("java", "mvn") if shutil.which(program) is None]
    if not lacking or (lacking == ["mvn"] and _jars().exists()):
        return ""
    return (
        f"no Kafka for the tests: {' and '.join(lacking)} not found; install a Java 17 runtime and Maven,"
        " or set COUNTERMAND_TEST_KAFKA to the host:port of a broker"
    )


def _jars() -> Path:
    return CACHE / f"jars-{VERSION}"


def _prepared() -> Path:
    """The folder of jars, with a formatted log folder beside it; made once, also when several ask at a time."""
    if why := missing():
        raise BrokerError(why)
    CACHE.mkdir(exist_ok=True)
    with _alone(CACHE / "lock"):
        if not _jars().exists():
            _fetch(_jars())
        if not (CACHE / f"formatted-{VERSION}").exists():
            _format(CACHE / f"formatted-{VERSION}")
    return _jars()


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetch(jars: Path) -> None:
    part = jars.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    command = ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", f"-DoutputDirectory={part}"]
    _run(command, "Maven could not fetch the broker's jars")
    part.rename(jars)


def _format(folder: Path) -> None:
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    properties = CACHE / "format.properties"
    _write_properties(properties, 20_000, part)
    tool = ["java", *JVM, "-cp", f"{_jars()}/*", "kafka.tools.StorageTool", "format"]
    _run([*tool, "-t", _cluster_id(), "-c", str(properties)], "the broker's log folder could not be formatted")
    part.rename(folder)


def _run(command: list[str], failure: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise BrokerError(f"{failure}: {(done.stdout + done.stderr).strip()[-600:]}")


def _cluster_id() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def _write_properties(path: Path, port: int, data: Path) -> None:
    path.write_text(_PROPERTIES.format(port=port, controller=free_port({port}), data=data))


def free_port(taken: frozenset[int] | set[int] = frozenset()) -> int:
    """A port of loopback that is free now."""
    while True:
        port = random.randrange(*_PORTS)
        if port not in taken and _is_free(port):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
