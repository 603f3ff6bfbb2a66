"""Mutation testing: count the small faults, inserted into the code one at a time, that the tests detect.

    python benchmarks/mutation.py [kernels] [plan] [engine] [batch] [--sample N] [--folder FOLDER]

mutmut inserts the faults. Each package is tested with its own tests, in the process that has the fault, the quickest
first. An environment with the pinned mutmut and the project's tests is created in the folder.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
MUTMUT = "mutmut==3.8.1"
SEED = 2
MAX_MEMORY = 6 << 30
"""Bytes that a process may use, because some faults cause endless loops that allocate memory."""
FOLDERS = {"kernels": ["kernels"], "plan": ["plan"], "engine": ["engine"], "batch": ["batch", "tables"]}
TESTS = {
    "kernels": [
        "kernels/test_normalisation.py",
        "kernels/test_normalisation_by_hand.py",
        "kernels/test_condition_grammar.py",
        "kernels/test_condition_faults.py",
    ],
    "plan": [
        "plan/test_numpy_steps.py",
        "plan/test_conditions.py",
        "plan/test_program.py",
        "plan/test_simplify.py",
    ],
    "engine": [
        "engine/test_means.py",
        "engine/test_engine_by_hand.py",
        "engine/test_engine_tables.py",
        "engine/test_engine_unknowns.py",
        "engine/test_engine.py::TestByHand",
        *(f"engine/test_engine.py::test_random_models_agree_with_the_plain_reading[{block}]" for block in range(2)),
        "engine/test_engine.py::test_a_table_scores_to_the_bit_as_its_rows_alone",
        "engine/test_engine.py::test_an_indicator_without_a_column_is_missing_in_every_row",
    ],
    "batch": [
        "batch/test_batch_by_hand.py",
        "tables/test_table_parts.py",
        "tables/test_table_files.py",
        "tables/test_readers.py",
        "batch/test_batch_refusals.py",
        "batch/test_batch_files.py",
        "batch/test_batch_formats.py",
        "batch/test_batch_damage.py",
        "tables/test_formulas.py",
    ],
}
# Tests that write files of many mebibytes, or many files.
SLOW = [
    "batch/test_batch_damage.py::test_the_maximum_row_length_does_not_depend_on_its_position",
    "batch/test_batch_damage.py::test_a_row_may_be_sixteen_mebibytes_long",
    "batch/test_batch_damage.py::test_a_quote_that_never_closes_costs_one_row_however_long_the_file",
    "batch/test_batch_damage.py::test_a_longer_file_with_blocks_of_any_size",
    "batch/test_batch_damage.py::test_a_soup_of_bytes",
]
# Its code runs in other processes, on a cluster: see tests/batch/test_cluster.py.
EXCLUDED = ["riskmodel/batch/cluster.py"]
# Without the search for leaks at the end, which takes half of the time of one test.
PYTEST = ["-o", "addopts=", "-p", "no:cacheprovider", "-p", "no:unraisableexception", "-p", "no:threadexception"]
PYTEST += ["-p", "_hypothesis_pytestplugin", "--hypothesis-profile=ci", "-p", "selection"]
SELECTION = """
import json
from pathlib import Path

PROCESSES = {"batch", "subprocess", "words"}

def pytest_collection_modifyitems(items):
    # Other processes do not have the fault.
    items[:] = [item for item in items if not PROCESSES & set(item.function.__code__.co_names)]
    durations = Path("mutmut-stats.json")
    if durations.exists():
        known = json.loads(durations.read_text())["duration_by_test"]
        items.sort(key=lambda item: known.get(item.nodeid, 0))
"""


def copy_project(folder: Path) -> None:
    """Copy all files that git tracks or does not ignore."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())


def configure(folder: Path, package: str) -> None:
    """Write the settings of mutmut: the files to mutate, and the tests to run."""
    settings = {
        "source_paths": ["riskmodel"],
        "only_mutate": [f"riskmodel/{name}/*" for name in FOLDERS[package]],
        "do_not_mutate": EXCLUDED,
        "also_copy": ["config", "examples", "benchmarks", "docs", "README.md"],
        "pytest_add_cli_args": [*PYTEST, *(f"--deselect=tests/{test}" for test in SLOW)],
        "pytest_add_cli_args_test_selection": [f"tests/{test}" for test in TESTS[package]],
        "process_isolation": "forkserver",
        "timeout_multiplier": 3.0,
        "timeout_constant": 15.0,
    }
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n[tool.mutmut]\n")
        file.writelines(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
    (folder / "plugins").mkdir()
    (folder / "plugins" / "selection.py").write_text(SELECTION, encoding="utf-8")


def mutmut(environment: Path, folder: Path, *arguments: str, check: bool = True) -> str:
    """Run mutmut, one mutant at a time."""
    variables = {
        **os.environ,
        "PYTHONPATH": str(folder / "plugins"),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    command = [environment / "bin" / "mutmut", *arguments]
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise SystemExit(f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


def sample(folder: Path, count: int) -> list[str]:
    """Return the names of mutants drawn at random."""
    names: list[str] = []
    for path in sorted((folder / "mutants").rglob("*.meta")):
        names += json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
    return sorted(random.Random(SEED).sample(sorted(names), min(count, len(names))))


def measure(environment: Path, folder: Path, package: str, count: int | None) -> None:
    """Print the number of detected mutants of a package, and the others."""
    copy_project(folder)
    configure(folder, package)
    names: list[str] = []
    if count is not None:
        # mutmut names the mutants when it runs; it stops because none has the name `none`.
        mutmut(environment, folder, "run", "--max-children", "1", "none", check=False)
        names = sample(folder, count)
    mutmut(environment, folder, "run", "--max-children", "1", *names)
    mutmut(environment, folder, "export-cicd-stats")
    counts = json.loads((folder / "mutants" / "mutmut-cicd-stats.json").read_text(encoding="utf-8"))
    total = len(names) or counts["total"]
    dead = counts["killed"] + counts["timeout"]
    print(f"{package}: {total} of {counts['total']} mutants, {dead} dead ({dead / total:.1%}); {counts}", flush=True)
    for line in mutmut(environment, folder, "results").splitlines():
        name, _, status = line.strip().rpartition(": ")
        if status not in ("not checked", "timeout"):
            print(f"\n{status}: {mutmut(environment, folder, 'show', name)}", flush=True)


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="*", help=f"of {', '.join(TESTS)}; by default, all")
    parser.add_argument("--sample", type=int, help=f"number of mutants of each package, drawn with seed {SEED}")
    parser.add_argument("--folder", type=Path, help="folder of the environment and the mutants, which are kept")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    folder = (options.folder or Path(tempfile.mkdtemp())).resolve()
    environment = folder / "environment"
    if not environment.exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        subprocess.run([environment / "bin" / "pip", "install", "-q", MUTMUT, f"{ROOT}[test]"], check=True)
    for package in options.packages or TESTS:
        measure(environment, Path(tempfile.mkdtemp(prefix=f"{package}-", dir=folder)), package, options.sample)


if __name__ == "__main__":
    main()
