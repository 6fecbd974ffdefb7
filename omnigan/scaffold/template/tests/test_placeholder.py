from __future__ import annotations

from pathlib import Path

from omnigan.testing import check_domain, domain_of

RECIPE = Path(__file__).parents[1] / "placeholder.yaml"


def test_the_domain_keeps_the_rules() -> None:
    check_domain(domain_of(RECIPE))


def test_it_reads_a_table_of_mine(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("".join(f"{i},{i + 1},{i + 2}\n" for i in range(20)))
    domain = domain_of(RECIPE, [f"data.source={table}"])
    assert domain.space.shape == (3,)
    check_domain(domain)
