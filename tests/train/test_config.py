"""The command line: presets, single values that overrule them, and mistakes."""

import pytest

from train.__main__ import main
from train.config import PRESETS, UsageError, configs_for, parse

PLACES = ["--data", "slices", "--out", "run"]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_whole_configuration(name):
    model, config = configs_for(name)
    assert model.resolution == int(name[3:])
    assert config.batch == PRESETS[name]["batch"]


def test_names_of_the_presets():
    assert set(PRESETS) == {"cpu64", "cpu128", "gpu128", "gpu256"}


def test_single_values_overrule_the_preset():
    command = parse([*PLACES, "--preset", "gpu128", "--w-dim", "64", "--kimg", "1.5", "--mirror"])
    assert (command.model.resolution, command.model.w_dim) == (128, 64)
    assert (command.train.kimg, command.train.batch, command.train.mirror) == (1.5, 32, True)
    assert parse(PLACES).train.mirror is False


def test_a_projected_discriminator_brings_its_settings_unless_told_otherwise():
    given = [*PLACES, "--d-architecture", "projected", "--loss", "logistic"]
    assert parse([*given]).train.loss == "logistic"
    assert (parse([*given]).train.r1_gamma, parse([*given]).train.pl_weight) == (0, 0)
    with pytest.raises(UsageError, match="--grow: a projected discriminator"):
        parse([*given, "--grow", "32:1,64"])


def test_help_names_every_option(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    text = capsys.readouterr().out
    assert end.value.code == 0
    for word in ("--r1-gamma", "--channel-max", "--skip-broken", "cpu128", "resume"):
        assert word in text
    assert "c-dim" not in text  # the data decides


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--resolution", "48"], "--resolution: 48 is not a power of two"),
        (["--batch", "0"], "--batch 0: must be above 0"),
        (["--style-mixing", "2"], "--style-mixing 2.0: must be from 0 to 1"),
        (["--r1-gamma", "-1"], "--r1-gamma -1.0: must not be negative"),
        (["--seed", "4294967296"], "--seed 4294967296: must be below 4294967296"),
        (["--minutes", "0"], "--minutes 0.0: must be above 0"),
        (["--kimg", "nan"], "--kimg nan: must be a finite number"),
        (["--kimg", "inf"], "--kimg inf: must be a finite number"),
        (["--slice-from", "nan"], "--slice-from nan: must be a finite number"),
        (["--slice-from", "60"], "--slice-to 45.0: must not lie below --slice-from"),
    ],
)
def test_values_that_make_no_sense(arguments, message, capsys):
    with pytest.raises(UsageError, match=message):
        parse(PLACES + arguments)
    assert main(PLACES + arguments) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error


@pytest.mark.parametrize("arguments", [[], ["--data", "x"], [*PLACES, "--preset", "tpu"]])
def test_mistakes_in_form_exit_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert "usage" in capsys.readouterr().err
