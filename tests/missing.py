"""Says in one line which real parts this machine lacks, and what is not tested without them."""

import shutil

_PARTS = {
    "java": "Kafka",
    "mvn": "Kafka",
    "prometheus": "Prometheus",
    "promtool": "alert rules",
    "amtool": "Alertmanager routes",
    "chromium": "the demo's page in a browser",
}


def sentence() -> str:
    """The line."""
    missing = {part: what for part, what in _PARTS.items() if shutil.which(part) is None}
    if not missing:
        return "This machine has every real part; nothing is left out."
    left_out = ", ".join(dict.fromkeys(missing.values()))
    return f"Missing here: {', '.join(missing)}; not tested without them: {left_out} (apt-get and .ci/run show how)."


if __name__ == "__main__":
    print(sentence())
