"""What the seam tells of its work; an application's metrics take the place of this one, which counts nothing."""


class Meter:
    """Told of every batch, claim and restore. Never called more than once a batch, so it may be slow."""

    def cut(self, agent: str, records: int, rows: int, seconds: tuple[float, float, float]) -> None:
        """A batch of so many source records and rows; seconds of the body, of its messages and of the append."""

    def claimed(self) -> None:
        """A partition of the changelog was claimed."""

    def restored(self, rows: int, seconds: float) -> None:
        """A partition's rows were read back."""

    def voided(self, batches: int) -> None:
        """Void batches were found: somebody wrote who had lost the partition."""

    def split(self) -> None:
        """What a batch changed did not fit; it is run again in smaller parts."""
