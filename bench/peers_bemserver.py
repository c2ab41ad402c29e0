"""Runs in the peers' own environment: BEMServer-core imports a CSV. `python peers_bemserver.py FILE.csv ADDRESS ROWS`; prints JSON."""

import json
import os
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    path, address, rows = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    with tempfile.NamedTemporaryFile("w", suffix=".py") as settings:
        settings.write(f"SQLALCHEMY_DATABASE_URI = {address.replace('postgresql://', 'postgresql+psycopg://')!r}\n")
        settings.flush()
        os.environ["BEMSERVER_CORE_SETTINGS_FILE"] = settings.name
        from bemserver_core import BEMServerCore, model  # noqa: PLC0415 - the settings come first
        from bemserver_core.authorization import OpenBar  # noqa: PLC0415
        from bemserver_core.commands import setup_db  # noqa: PLC0415
        from bemserver_core.database import db  # noqa: PLC0415
        from bemserver_core.input_output.timeseries_data_io import TimeseriesDataCSVIO  # noqa: PLC0415

        BEMServerCore()
        setup_db()
    names = path.open(encoding="ascii").readline().strip().split(",")[1:]
    with OpenBar():
        campaign = model.Campaign(name="bench")
        db.session.add(campaign)
        db.session.flush()
        scope = model.CampaignScope(name="bench", campaign_id=campaign.id)
        db.session.add(scope)
        db.session.flush()
        for name in names:
            db.session.add(model.Timeseries(name=name, campaign_id=campaign.id, campaign_scope_id=scope.id))
        db.session.commit()
        state = db.session.query(model.TimeseriesDataState).filter_by(name="Raw").one()
        for name in names:  # what a first import makes once for each series
            db.session.query(model.Timeseries).filter_by(name=name).one().get_timeseries_by_data_state(state)
        db.session.commit()
        warm = "Datetime," + names[0] + "\n2020-01-01T00:00:00+00:00,1\n"
        TimeseriesDataCSVIO.import_csv(warm, state, campaign)
        db.session.commit()
        begin = time.perf_counter()
        TimeseriesDataCSVIO.import_csv(path.read_text(encoding="ascii"), state, campaign)
        db.session.commit()
        seconds = time.perf_counter() - begin
        found = db.session.query(model.TimeseriesData).count() - 1
    assert found == rows, f"{found} of {rows} rows"
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main()
