"""Browsers: device names and the way back after logging in."""

import pytest

from app.accounts.browsers import local_path, name_device


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            "Mozilla/5.0 (Linux; Android 14; SM-A146) AppleWebKit/537.36 Chrome/130 Mobile Safari/537.36",
            "Android · Chrome",
        ),
        (
            "Mozilla/5.0 (Linux; Android 13) Chrome/120 Mobile Safari/537.36 Zalo android/1210",
            "Android · Zalo",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 Safari/604.1",
            "iPhone · Safari",
        ),
        ("Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 [FBAN/FBIOS;FBAV/480.0]", "iPhone · Facebook"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/130 Safari/537.36 Edg/130", "Windows · Edge"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14) Gecko Firefox/131.0", "Mac · Firefox"),
        ("curl/8.5", ""),
        ("", ""),
    ],
)
def test_devices_are_named_as_their_owners_would(user_agent, name):
    """System and browser, coarsely; a browser inside Zalo or Facebook is named by it."""
    assert name_device(user_agent) == name


@pytest.mark.parametrize(
    "path", ["/", "/me", "/orders/abc?x=1&y=2", "/p/chè-shan", "/logins", "/a//b", "/%2F/evil.vn"]
)
def test_paths_of_this_site_are_kept(path):
    """A path of this site is where one goes back to."""
    assert local_path(path, "/me") == path


@pytest.mark.parametrize(
    "wished",
    [
        None, "", "me", "//evil.vn", "///evil.vn", "/\\evil.vn", "\\\\evil.vn", "/a\\b", "https://evil.vn", "HTTPS:evil.vn",
        "javascript:alert(1)", "data:text/html,x", "/\t/evil.vn", "/\n/evil.vn", "\t//evil.vn", " //evil.vn", "/ /evil.vn",
        "/me\r\nSet-Cookie: a=b", "/me\x00", "/me\n", "/login", "/login?next=/login", "/login/code", "/logout",
    ],
)  # fmt: skip
def test_other_sites_are_refused(wished):
    """What a browser could read as another site, and the log-in itself, is not where one goes."""
    assert local_path(wished, "/me") == "/me"
