

class LimitedError(AppError):
    """Tried too often: wait before the next try."""

    kind = "limited"
