"""A tiny image run, from the recipe to everything that can be done with what it learned."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

import omnigan
from omnigan.cli import main
from omnigan_image.grid_picture import columns_for, grid_picture, to_picture, to_uint8
from omnigan_image.pyramid import pyramid_distance
from omnigan_image.render import animate, render_pairs

LABELS = ("cross", "dot")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a conditional run on 40 colour images of 12 x 16 pixels in two folders."""
    folder = tmp_path_factory.mktemp("image-run")
    rng = np.random.default_rng(0)
    for number in range(40):
        path = folder / "pictures" / LABELS[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 128, (12, 16, 3), np.uint8) + 100 * (number % 2)
        Image.fromarray(pixels.astype(np.uint8)).save(path)
    recipe = {
        "domain": "image",
        "data": {"source": str(folder / "pictures"), "labels": "folder"},
        "generator": {"width": 8, "z": 8},
        "discriminator": {"width": 8},
        "train": {"steps": 4, "batch_size": 8, "device": "cpu", "augment": 0.5},
        "log": {"samples": 6, "samples_every": 2},
    }
    return omnigan.train(recipe, out=folder / "run")


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., list[str]]:
    """Return a function that runs a command and returns the lines that it prints."""

    def call(*words: str | Path) -> list[str]:
        status = main([str(word) for word in words])
        output, errors = capsys.readouterr()
        assert status == 0, errors
        return output.splitlines()

    return call


def test_a_run_shows_grids_with_a_row_for_each_label(run: Path) -> None:
    folders = sorted((run / "samples").iterdir())
    assert [folder.name for folder in folders] == [
        "real",
        *(f"step-{step:08d}" for step in (0, 2, 4)),
    ]
    for folder in folders:
        assert [path.name for path in folder.iterdir()] == ["grid.png"]
        with Image.open(folder / "grid.png") as grid:
            assert grid.mode == "RGB"
            # images enlarged six times, three columns and two rows with gaps of two pixels
            assert grid.size == (3 * (6 * 16 + 2) + 2, 2 * (6 * 12 + 2) + 2)
    assert omnigan.load(run).preview(6).cond["label"].tolist() == [0, 0, 0, 1, 1, 1]


def test_samples_are_pictures_of_what_the_network_made(
    run: Path, tmp_path: Path, command: Callable[..., list[str]]
) -> None:
    lines = command("sample", run, "--count", "3", "--label", "dot", "--out", tmp_path)
    assert [Path(line).name for line in lines] == ["000.png", "001.png", "002.png", "grid.png"]
    trained = omnigan.load(run)
    x = trained.generate(3, 0, "dot").x
    for number, picture in enumerate(trained.sample(3, 0, "dot")):
        with Image.open(tmp_path / f"00{number}.png") as saved:
            assert picture.size == (16, 12)
            assert np.array_equal(np.asarray(saved), np.asarray(picture))
            exact = (x[number].permute(1, 2, 0).numpy() + 1) * 127.5
            assert np.abs(np.asarray(saved) - exact).max() <= 0.5001


def test_a_walk_is_a_film_through_the_samples(
    run: Path, tmp_path: Path, command: Callable[..., list[str]]
) -> None:
    command("interpolate", run, "--seeds", "4,7", "--frames", "5", "--out", tmp_path)
    with Image.open(tmp_path / "path.webp") as film:
        assert film.n_frames == 6 + 4  # there and back
        film.seek(5)
        last = np.asarray(film.convert("RGB")).astype(int)
    end = omnigan.load(run).generate(1, 7, _label_of(run, 4)).x
    wanted = np.asarray(grid_picture(end, 1)).astype(int)
    assert np.abs(last - wanted).max() <= 1


def _label_of(run: Path, seed: int) -> str:
    return LABELS[int(omnigan.load(run).generate(1, seed).cond["label"])]


def test_a_file_is_written_beside_what_was_found_for_it(
    run: Path, tmp_path: Path, command: Callable[..., list[str]]
) -> None:
    rng = np.random.default_rng(1)
    picture = tmp_path / "mine.png"
    Image.fromarray(rng.integers(0, 256, (24, 32, 3), np.uint8)).save(picture)
    out = tmp_path / "out"
    said = command("invert", run, picture, "--out", out, "--steps", "40", "--json")
    (found,) = json.loads("\n".join(said))["files"]
    assert 0 < found["distance"] < found["before"]
    assert {path.name for path in out.iterdir()} == {
        *("000.png", "001.png", "pairs.png", "latent.safetensors")
    }
    trained = omnigan.load(run)
    latent = load_file(out / "latent.safetensors")
    target = trained.domain.read_file(picture)
    distance = float(pyramid_distance(trained.decode(latent), target))
    assert distance == pytest.approx(found["distance"])
    with Image.open(out / "000.png") as shown:
        assert np.array_equal(np.asarray(shown), np.asarray(trained.domain.objects(target)[0]))


def test_files_that_cannot_be_read_are_passed_over(
    run: Path, tmp_path: Path, command: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    picture, text = tmp_path / "mine.png", tmp_path / "mine.txt"
    Image.new("RGB", (24, 32), "red").save(picture)
    text.write_text("no picture")
    said = command("invert", run, text, picture, "--out", tmp_path / "out", "--steps", "0")
    assert [line.partition(": ")[0] for line in said[:-1]] == [str(picture)]
    assert main(["invert", str(run), str(text)]) == 2


def test_pairs_stand_side_by_side_in_whole_rows(
    run: Path, tmp_path: Path, command: Callable[..., list[str]]
) -> None:
    rng = np.random.default_rng(2)
    pictures = [tmp_path / f"{number}.png" for number in range(5)]
    for picture in pictures:
        Image.fromarray(rng.integers(0, 256, (12, 16, 3), np.uint8)).save(picture)
    out = tmp_path / "out"
    said = command("invert", run, *pictures, "--out", out, "--steps", "2")
    assert said[-1] == str(out / "pairs.png")
    with Image.open(out / "pairs.png") as shown:
        sheet = np.asarray(shown)
    # Enlarged six times; 2 pixels of paper about all and within a pair, 12 between pairs.
    tops = (2, 2 + 72 + 12, 2 + 2 * (72 + 12))
    lefts = (2, 2 + 96 + 2, 2 + 2 * 96 + 2 + 12, 2 + 3 * 96 + 2 * 2 + 12)
    assert sheet.shape == (tops[-1] + 72 + 2, lefts[-1] + 96 + 2, 3)
    paper = np.full_like(sheet, 255)
    for number in range(10):  # each file, then what was found for it
        top, left = tops[number // 4], lefts[number % 4]
        with Image.open(out / f"{number:03d}.png") as image:
            enlarged = np.asarray(image).repeat(6, 0).repeat(6, 1)
        assert np.array_equal(sheet[top : top + 72, left : left + 96], enlarged)
        paper[top : top + 72, left : left + 96] = enlarged
    assert np.array_equal(sheet, paper)
    for number, picture in enumerate(pictures):
        with Image.open(out / f"{2 * number:03d}.png") as image, Image.open(picture) as mine:
            assert np.array_equal(np.asarray(image), np.asarray(mine))


@pytest.mark.parametrize("count", range(1, 20))
def test_no_pair_is_broken_across_rows(count: int, tmp_path: Path) -> None:
    x = torch.linspace(-1, 0.9, count).view(-1, 1, 1, 1).expand(-1, 1, 64, 64)
    render_pairs(x, x, tmp_path)
    with Image.open(tmp_path / "pairs.png") as sheet:
        middles = np.asarray(sheet)[34::76]
    starts = [row[row < 255][::64].tolist() for row in middles]
    assert [value for row in starts for value in row] == to_uint8(x[:, 0, 0, :1]).repeat(
        1, 2
    ).flatten().tolist()
    assert all(row[::2] == row[1::2] for row in starts)
    assert abs(len(starts) - len(starts[0])) <= 2  # about a square


def test_a_labelled_set_can_be_trained_on_again(
    run: Path, tmp_path: Path, command: Callable[..., list[str]]
) -> None:
    out = tmp_path / "synthetic"
    command("augment", run, "--per-class", "5", "--out", out)
    files = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.png"))
    assert files == [f"{label}/{number:03d}.png" for label in LABELS for number in range(5)]
    report = tmp_path / "recipe.yaml"
    report.write_text(json.dumps({"domain": "image", "data": {"source": str(out)}}))
    command("check", report, "data.labels=folder", "train.batch_size=4")
    assert main(["augment", str(run), "--out", str(out)]) == 2, "never into a folder in use"


def test_grids_fill_their_last_row_with_paper() -> None:
    x = torch.full((5, 1, 40, 50), -1.0)
    grid = np.asarray(grid_picture(x, columns_for(5, 0)))
    assert grid.shape == (2 * 42 + 2, 3 * 52 + 2)
    assert (grid[2:42, 2:52] == 0).all()
    assert (grid[44:84, 106:] == 255).all()


@pytest.mark.parametrize(
    ("count", "labels", "columns"),
    [
        (40, 10, 4),  # a row per label
        (20, 10, 4),  # two labels in a row, where a row each would be 2 x 10
        (40, 40, 6),
        (16, 1, 4),
        (100, 2, 10),  # five rows per label
        (202, 2, 15),  # 101 is a prime: no rows end where the label does
        (21, 10, 5),
        (8, 10, 3),
    ],
)
def test_grids_are_about_as_wide_as_high_and_sorted_by_label_where_they_can(
    count: int, labels: int, columns: int
) -> None:
    assert columns_for(count, labels) == columns


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (2, "LA"), (3, "RGB"), (4, "RGBA")])
def test_each_number_of_channels_is_a_kind_of_picture(
    channels: int, mode: str, tmp_path: Path
) -> None:
    x = torch.linspace(-1.2, 1.2, 3 * channels * 6).view(3, channels, 2, 3)
    picture = to_picture(x[0])
    assert (picture.mode, picture.size) == (mode, (3, 2))
    animate(x, tmp_path)
    with Image.open(tmp_path / "path.webp") as film:
        assert film.n_frames == 4


def test_values_become_the_nearest_of_256_levels() -> None:
    levels = torch.arange(256) / 127.5 - 1
    assert torch.equal(to_uint8(levels), torch.arange(256, dtype=torch.uint8))
    assert to_uint8(torch.tensor([-5.0, 5.0])).tolist() == [0, 255]


def test_the_pyramid_sees_more_than_pixels() -> None:
    rng = torch.Generator().manual_seed(0)
    x = torch.rand(1, 1, 32, 32, generator=rng)
    noise = 0.1 * torch.randn(1, 1, 32, 32, generator=rng)
    brighter = torch.full_like(noise, float(noise.abs().mean()))
    assert float(pyramid_distance(x, x)) == 0
    assert pyramid_distance(x, x + brighter) > 1.5 * pyramid_distance(x, x + noise)
