"""The rule of waiting times."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from producers.diaries.intervals import clear_after_days, clear_after_degree_days, daily_means

DAY = date(2026, 11, 1)
days = st.integers(0, 60).map(lambda offset: DAY + timedelta(days=offset))
temperatures = st.dictionaries(days, st.integers(0, 350))


def test_days_count_from_the_day_of_use():
    """Seven days after the 1st is the 8th."""
    assert clear_after_days(DAY, 7) == date(2026, 11, 8)
    assert clear_after_days(DAY, 0) == DAY


def test_degree_days_of_even_water():
    """500 degree-days at 10 °C are fifty days, the day of use among them."""
    assert clear_after_degree_days(DAY, 500, {DAY: 100}) == DAY + timedelta(days=50)


def test_degree_days_of_water_never_measured():
    """Without any figure every day counts 8 °C."""
    assert clear_after_degree_days(DAY, 400, {}) == DAY + timedelta(days=50)


def test_degree_days_before_the_first_measurement():
    """Until the first figure 8 °C, then that figure."""
    means = {DAY + timedelta(days=2): 120}
    assert clear_after_degree_days(DAY, 8 + 8 + 12 + 12, means) == DAY + timedelta(days=4)


def test_degree_days_remember_the_last_figure_before_use():
    """What was measured before the treatment stands until the next figure."""
    means = {DAY - timedelta(days=9): 50, DAY - timedelta(days=3): 200, DAY + timedelta(days=1): 100}
    assert clear_after_degree_days(DAY, 20 + 10 + 10, means) == DAY + timedelta(days=3)


def test_degree_days_of_frozen_water_end():
    """Measured ice counts nothing, unmeasured days after it one degree each."""
    assert clear_after_degree_days(DAY, 3, {DAY: 0}) == DAY + timedelta(days=4)


def test_a_days_mean_is_rounded_down():
    """Morning 10,0 and evening 10,3 make 10,1."""
    assert daily_means([(DAY, 100), (DAY, 103), (DAY + timedelta(days=1), 90)]) == {
        DAY: 101,
        DAY + timedelta(days=1): 90,
    }


@given(means=temperatures, degree_days=st.integers(1, 2000))
def test_the_first_clear_day_is_the_first(means, degree_days):
    """The sum up to the day before the clear day reaches the figure, and a day less does not."""
    clear = clear_after_degree_days(DAY, degree_days, means)

    def total(until):
        known, tenths, day = None, 0, DAY
        while day < until:
            if day in means:
                known = means[day]
                tenths += known
            else:
                tenths += 80 if known is None else max(known, 10)
            day += timedelta(days=1)
        return tenths

    assert total(clear) >= degree_days * 10 > total(clear - timedelta(days=1))


@given(means=temperatures, degree_days=st.integers(1, 2000), more=st.integers(1, 500))
def test_a_longer_wait_never_ends_sooner(means, degree_days, more):
    """More degree-days on the label never give an earlier day."""
    assert clear_after_degree_days(DAY, degree_days, means) <= clear_after_degree_days(
        DAY, degree_days + more, means
    )


@given(means=temperatures, degree_days=st.integers(1, 2000), warmer=st.integers(1, 50))
def test_warmer_water_never_waits_longer(means, degree_days, warmer):
    """The same measured days, each warmer, never give a later day."""
    warm = {day: tenths + warmer for day, tenths in means.items()}
    assert clear_after_degree_days(DAY, degree_days, warm) <= clear_after_degree_days(DAY, degree_days, means)
