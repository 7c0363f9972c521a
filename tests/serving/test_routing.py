import pytest

from trady2.config_serve import ServeConfig
from trady2.errors import ConfigError, DataError, NotFoundError
from trady2.serving.request import Ask
from trady2.serving.routing import Routing

TWO = Routing({"majors": ["BTC-USDT", "ETH-USDT"], "alts": ["SOL-USDT"]})


@pytest.mark.parametrize(
    ("ask", "name"),
    [
        (Ask("BTC-USDT"), "majors"),
        (Ask("ETH-USDT", features={}), "majors"),
        (Ask("SOL-USDT"), "alts"),
        (Ask("BTC-USDT", model="alts"), "alts"),
        (Ask(None, features={}, model="majors"), "majors"),
    ],
)
def test_the_configuration_says_who_answers(ask: Ask, name: str) -> None:
    """By the asset, whatever form the request has, unless the request names a model itself."""
    assert TWO.name_for(ask) == name


def test_every_other_asset_goes_to_the_star() -> None:
    """An entry that names the asset goes first, wherever it stands."""
    routing = Routing({"alts": ["*"], "majors": ["BTC-USDT"]})
    assert [routing.name_for(Ask(asset)) for asset in ("BTC-USDT", "SOL-USDT", "*")] == ["majors", "alts", "alts"]


def test_an_asset_that_nobody_has_is_refused_by_name() -> None:
    """Near ones are named."""
    with pytest.raises(NotFoundError, match=r"for the asset 'BTC-EUR': did you mean 'BTC-USDT'\?") as caught:
        TWO.name_for(Ask("BTC-EUR"))
    assert (caught.value.code, caught.value.asset) == ("unassigned_asset", "BTC-EUR")


def test_a_model_that_is_not_served_is_refused_by_name() -> None:
    """Near ones are named; an asset beside it does not help."""
    with pytest.raises(NotFoundError, match=r"model 'major' is not served: did you mean 'majors'\?") as caught:
        TWO.name_for(Ask("BTC-USDT", model="major"))
    assert caught.value.code == "unknown_model"


def test_without_asset_and_model_one_name_alone_answers() -> None:
    """Of several none is guessed."""
    assert Routing({"trady2": ["*"]}).name_for(Ask(None, features={})) == "trady2"
    with pytest.raises(DataError, match=r"2 models are served, so .* add asset, or model: majors, alts") as caught:
        TWO.name_for(Ask(None, features={}))
    assert caught.value.code == "model_needed"


def test_without_configuration_one_name_answers_for_all() -> None:
    """The name of the environment, with the shadows of the configuration, which have to be its own."""
    routing = Routing.of(ServeConfig(shadows={"mine": ["next"]}), "mine")
    assert (routing.names, routing.name_for(Ask("any")), routing.shadows) == (("mine",), "mine", {"mine": ("next",)})
    with pytest.raises(ConfigError, match=r"serve\.shadows names mine, but other answers; name that"):
        Routing.of(ServeConfig(shadows={"mine": ["next"]}), "other")
