"""How long the review's pages take with many sessions in the library (docs/benchmarks.md).

    python scripts/bench_library.py [--sessions 5000] [--limit 300]

Fills a library in a temporary folder with copies of the shipped session under 50 trainees, reviews some of them, and
asks for every page five times. Ends with status 1 where a page's median is over the limit, in milliseconds.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from analyzer.labels import LABELS
from analyzer.library import Library
from analyzer.library.people import add_person
from analyzer.library.review import draw_cards
from analyzer.library.store import analyse, spoken_of
from analyzer.library.stored import to_stored
from analyzer.library.tables import Card, Document, Event, Kept, Spoken
from analyzer.library.workload import begin as draw
from analyzer.pipeline import Pipeline
from analyzer.readers import read
from analyzer.web.app import Site, build_app
from sqlalchemy import insert, select
from starlette.testclient import TestClient

ROOT = Path(__file__).resolve().parent.parent
TRAINEES = 50
REVIEWED = 0.2
"""Share of the sessions whose cards are all labelled by trainee and supervisor."""


def fill(library: Library, count: int) -> None:
    """Keep so many sessions, a fifth of them reviewed."""
    rng = random.Random(1)  # noqa: S311 - a repeatable library, not a secret
    found = analyse(library, read(ROOT / "examples" / "teletherapy-child.vtt"), Pipeline())
    supervisor = add_person(library, None, "S1", "supervisor")
    trainees = [add_person(library, None, f"T{number}", "trainee") for number in range(TRAINEES)]
    body = json.dumps(to_stored(found.report), ensure_ascii=False)
    summary = found.report.to_json()["summary"]
    lines = [
        {column.name: getattr(item, column.name) for column in Spoken.__table__.columns}
        for item in spoken_of("", found)
    ]
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(count):
        name, trainee = f"{number:016x}", trainees[number % TRAINEES]
        with library.database.write() as transaction:
            transaction.add(
                Kept(
                    id=name, content=f"{number:064x}", name=f"session {number}", trainee_id=trainee.id, client="",
                    held=date(2024, 1, 1) + timedelta(days=number // 10), tags=[], uploaded=start, model="m",
                    threshold=0.1, summary=summary, handed_over=start, opened_early=None,
                )
            )  # fmt: skip
            transaction.flush()
            transaction.add(Document(session_id=name, body=body))
            transaction.execute(insert(Spoken), [{**line, "session_id": name} for line in lines])
            cards = draw_cards([(line["number"], line["criticism"], line["flagged"]) for line in lines], 10, rng)
            transaction.execute(insert(Card), [{"session_id": name, **asdict(card)} for card in cards])
            if rng.random() < REVIEWED:
                ids = list(transaction.scalars(select(Card.id).where(Card.session_id == name)))
                events = [
                    {
                        "session_id": name, "card_id": card, "person_id": person.id, "at": start, "kind": "label",
                        "label": str(rng.choice(LABELS)), "blind": True, "note": "",
                    }
                    for person in (trainee, supervisor)
                    for card in ids
                ]  # fmt: skip
                transaction.execute(insert(Event), events)


def main() -> int:
    """Fill, ask, tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sessions", type=int, default=5000)
    parser.add_argument("--limit", type=float, default=300.0)
    arguments = parser.parse_args()
    slow = 0
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder) / "library.db")
        fill(library, arguments.sessions)
        middle = f"{arguments.sessions // 2:016x}"
        pages = [
            "/", "/?page=90", "/?trainee=T7", f"/sessions/{middle}", f"/sessions/{middle}/review",
            f"/sessions/{middle}/items", f"/sessions/{middle}/report", "/trainees/T7",
            "/agreement", "/agreement?reviewer=T7", "/calibrate", "/people", "/upload",
        ]  # fmt: skip
        for code in ("S1", "T7"):
            site = Site(library, local=code)
            client = TestClient(build_app(site), base_url="http://127.0.0.1")
            client.get(f"/?token={site.token}")
            for page in pages:
                times = []
                for _ in range(5):
                    begin = time.perf_counter()
                    status = client.get(page).status_code
                    times.append(1000 * (time.perf_counter() - begin))
                middle_time = statistics.median(times)
                slow += middle_time > arguments.limit
                print(f"{code:3} {page:40} {status} {middle_time:7.0f} ms")
        begin = time.perf_counter()
        draw(library, library.person("S1"))
        print(f"S1  drawing a calibration {1000 * (time.perf_counter() - begin):30.0f} ms")
        library.close()
    return int(slow > 0)


if __name__ == "__main__":
    sys.exit(main())
