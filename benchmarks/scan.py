"""wapiti and sqlmap against the started product, and against planted faults that they must find in the same run.

    python -m venv /tmp/scan && /tmp/scan/bin/pip install wapiti3 sqlmap
    nice python -m benchmarks.scan --tools /tmp/scan/bin

Ends with status 1 when the product has a finding of medium or high, or a planted fault was missed.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fuzz.over_http import identities, prepare
from benchmarks.fuzz.requests import Identity
from benchmarks.planted import planted_site
from tests.race_server import Browser, Server
from tests.stage import let_go

MEDIUM = 2
"""wapiti's levels: 1 low, 2 medium, 3 high, 4 critical."""

MODULES = "sql,timesql,xss,permanentxss,exec,file,crlf,redirect,csp,http_headers,cookieflags,csrf,methods,htaccess,backup,xxe,upload"
"""Not ldap: the product has no LDAP, and that module takes two refusals that differ for an injection."""
SEEDS = ("/", "/kommuner?q=kristiansand", "/k/kristiansand", "/hjelp/kristiansand", "/personvern", "/tilgjengelighet", "/timeavtaler",
         "/bestill/kristiansand", "/helsekontakter", "/opplysninger", "/tjenester", "/video/gjest", "/logg-inn?next=/lege")  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What sqlmap tries: an address with a parameter, or with ``*`` where it puts its own; ``data`` for POST."""

    path: str
    data: str = ""


QUESTIONS = (
    Asked("/kommuner?q=oslo"),
    Asked("/k/kristiansand*"),
    Asked("/hjelp/kristiansand*"),
    Asked("/timeavtaler?side=1"),
    Asked("/bestill/kristiansand*"),
    Asked("/helsekontakter/kristiansand*"),
    Asked("/k/kristiansand/ledige-timer.json?x=1"),
    Asked("/logg-inn?next=/lege"),
    Asked("/bestill/kristiansand", "answer=no"),
    Asked("/opplysninger", "format=json&confirm=yes"),
    Asked("/sprak", "language=nn&next=/"),
    Asked("/video/gjest", "code=ABCDEFGH"),
)


def wapiti(
    tools: Path, folder: Path, address: str, who: Identity, seconds: int, seeds: tuple[str, ...]
) -> dict[str, list[int]]:
    """Category → levels of what wapiti found."""
    report = folder / f"wapiti-{who.name.replace(' ', '-')}.json"
    command = [str(tools / "wapiti"), "-u", address + "/", "-m", MODULES, "-f", "json", "-o", str(report), "--flush-session",
               "--max-scan-time", str(seconds), "--max-attack-time", str(max(30, seconds // 6)), "--scope", "domain", "-d", "4",
               "--store-session", str(folder), "-x", address + "/logg-ut", "--no-bugreport", "-S", "normal", "-v", "0"]  # fmt: skip
    for path in seeds:
        command += ["-s", address + path]
    if who.cookies:
        command += ["-H", "Cookie: " + "; ".join(f"{name}={value}" for name, value in who.cookies.items())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds * 3 + 120, check=False)
    if not report.exists():
        raise SystemExit(f"wapiti made no report:\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}")
    told = json.loads(report.read_text())
    found: dict[str, list[int]] = {}
    for part in ("vulnerabilities", "anomalies"):
        for category, faults in told[part].items():
            for fault in faults:
                found.setdefault(
                    f"{category}: {fault['method']} {fault['path']} {fault.get('info', '')[:150]}", []
                ).append(fault["level"])
    print(
        f"wapiti as {who.name}: {told['infos'].get('crawled_pages_nbr', '?')} pages, {len(found)} findings",
        flush=True,
    )
    return found


def refuses_forged(port: int, finding: str, who: Identity) -> bool:
    """Whether the form is refused after all when it is sent with a wrong token.

    wapiti only compares two answers: where it had lost the session, both are the refusal, and it calls that unchecked.
    """
    path = finding.partition("POST ")[2].split()[0]
    browser = Browser(port, dict(who.cookies), token="forged" + who.token[6:])
    return browser.post(path).status == 400  # 401 would say that the login has gone, which proves nothing


def sqlmap(tools: Path, folder: Path, address: str, asked: Asked, who: Identity) -> bool:
    """Whether sqlmap found a way in."""
    command = [str(tools / "sqlmap"), "-u", address + asked.path, "--batch", "--flush-session", "--output-dir", str(folder / "sqlmap"),
               "--level", "2", "--risk", "1", "--technique", "BEUST", "--time-sec", "2", "--timeout", "20", "--disable-coloring",
               "--skip", "User-Agent,Referer,Host", "--ignore-code", "401,400", "--threads", "2", "--ignore-redirects"]  # fmt: skip
    if who.cookies:
        command += [
            "--cookie",
            "; ".join(f"{name}={value}" for name, value in who.cookies.items()),
            "--param-exclude",
            "nettlege",
        ]
    if asked.data:
        command += [
            "--data",
            f"{asked.data}&csrf_token={who.token}",
            "--param-exclude",
            "csrf_token|nettlege",
        ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    text = done.stdout
    tested = len(re.findall(r"testing '", text))
    hit = bool(re.search(r"is vulnerable|identified the following injection point", text))
    print(
        f"sqlmap {'POST' if asked.data else 'GET'} {asked.path} as {who.name}: {tested} tests, {'FOUND' if hit else 'nothing'}",
        flush=True,
    )
    if not tested:
        print(text[-800:])
        raise SystemExit("sqlmap tested nothing: that proves nothing")
    return hit


def by_wapiti(
    tools: Path, folder: Path, planted: str, port: int, people: dict[str, Identity], seconds: int
) -> list[str]:
    """What wapiti found of medium or high in the product, and planted faults that it missed."""
    there = wapiti(tools, folder, planted, Identity("planted", {}), 120, ("/item?id=1", "/search?q=x"))
    bad = [
        f"wapiti missed the planted fault: {wanted}"
        for wanted in ("SQL Injection", "Reflected Cross Site Scripting")
        if not any(each.startswith(wanted) and max(levels) >= MEDIUM for each, levels in there.items())
    ]
    for name in ("nobody", "citizen", "doctor"):
        found = wapiti(tools, folder, f"http://127.0.0.1:{port}", people[name], seconds, SEEDS)
        for each, levels in sorted(found.items()):
            if each.startswith("Cross Site Request Forgery") and refuses_forged(port, each, people[name]):
                print(f"  refuted, a forged form is refused: {each}")
                continue
            print(f"  level {max(levels)} × {len(levels)}: {each}")
            if max(levels) >= MEDIUM:
                bad.append(f"wapiti: {each}")
    return bad


def by_sqlmap(tools: Path, folder: Path, planted: str, port: int, who: Identity) -> list[str]:
    """Where sqlmap got in, and whether it missed the planted way."""
    there = sqlmap(tools, folder, planted, Asked("/item?id=1"), Identity("planted", {}))
    product = f"http://127.0.0.1:{port}"
    found = [f"sqlmap: {asked.path}" for asked in QUESTIONS if sqlmap(tools, folder, product, asked, who)]
    return found + ([] if there else ["sqlmap missed the planted fault"])


def main() -> int:
    """Scan and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tools", type=Path, required=True)
    parser.add_argument(
        "--seconds", type=int, default=600, help="the longest that wapiti may take for one identity"
    )
    parser.add_argument("--only", choices=("wapiti", "sqlmap"))
    asked = parser.parse_args()
    bad: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'x.sqlite'}"
        app = prepare(url)
        with planted_site() as planted, Server("waitress", url, folder) as server:
            people = {who.name.split()[0]: who for who in identities(server.port, app)}
            if asked.only != "sqlmap":
                bad += by_wapiti(asked.tools, folder, planted, server.port, people, asked.seconds)
            if asked.only != "wapiti":
                bad += by_sqlmap(asked.tools, folder, planted, server.port, people["citizen"])
            bad += server.faults()
        let_go(app)
    print(f"{len(bad)} findings of medium or high, or missed faults")
    print("\n".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
