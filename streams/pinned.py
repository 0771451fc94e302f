"""The versions that `streams/batch` was written for; it leans on private names of theirs (see its contract test).

Imports nothing of theirs: under another version that may already fail.
"""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from streams.settings import SettingError

PINNED: Mapping[str, str] = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0", "mode-streaming": "0.7.1"}


def require_pinned() -> None:
    """SettingError with the first package that is not there in its version."""
    for package, pinned in PINNED.items():
        found = _version(package)
        if found != pinned:
            way = f"install it with pip install {package}=={pinned}"
            raise SettingError(f"{package} is {found}, but the worker runs on {pinned} only; {way}")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
