"""Searches, or plays one episode again and makes it smaller: `python -m tests.simulation.faults --seed 1 --episode 7`."""

from __future__ import annotations

import argparse
import pprint

from tests.simulation.faults import by_process
from tests.simulation.faults.draw import draw_episode
from tests.simulation.faults.search import Summary, open_stage, run, seed_of, smaller


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--releases", type=int, default=200)
    parser.add_argument("--episode", type=int, help="play this one alone, as small as it can be made")
    parser.add_argument("--processes", action="store_true", help="by the real command, in real time")
    asked = parser.parse_args()
    if asked.processes:
        _tell(by_process.run(asked.seed, asked.releases))
    elif asked.episode is None:
        _tell(run(asked.seed, asked.releases))
    else:
        _again(seed_of(asked.seed, asked.episode))


def _tell(summary: Summary) -> None:
    for mismatch in summary.mismatches:
        print(mismatch)
    print(f"{summary.releases} releases, {summary.rate:.2f} a second, {len(summary.mismatches)} mismatches")
    print(dict(summary.outcomes.most_common()))


def _again(seed: str) -> None:
    with open_stage() as stage:
        episode = smaller(stage, draw_episode(seed), seed)
        pprint.pp(episode, width=140)
        for reported, untrue in stage.play(episode, seed):
            print(
                [(said.service.rsplit("/", 1)[-1], said.outcome) for said in reported.said],
                reported.end,
                reported.exit_code,
                reported.words,
            )
            print(*untrue, sep="\n")


if __name__ == "__main__":
    main()
