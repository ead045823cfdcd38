"""How long a PIN is stretched on the phone at hand."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.modules.test_vault import run


def test_one_try_takes_a_second(lab: Page) -> None:
    """The PIN is stretched by at least 600,000 rounds, and by as many as a second holds where it was set."""
    said = run(
        lab,
        """await write(A, 'một');
        const set = await vault.setPin(db, A, '1234', { deposit }); await vault.lock(db);
        const { iterations } = (await db.get('people', A)).pin;
        const began = performance.now(); await vault.unlock(db, A, '1234');
        return { iterations, set, again: performance.now() - began }""",
    )
    print(f"PBKDF2: {said['iterations']:.0f} rounds, set {said['set']:.0f} ms, again {said['again']:.0f} ms")  # noqa: T201 - the figure for the decision
    assert said["iterations"] >= 600_000
    assert said["set"] >= 1000
