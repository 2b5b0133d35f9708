"""Words of names: equal however they are written, and stored together with the name."""

import pytest

from config.search import words_of
from organizations.models import Organization
from tests.factories import OrganizationFactory
from tests.refusals import refused


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Sean O\u2019Brien", [["sean"], ["o", "brien"]]),
        ("O'Brien O\u02bcBrien O\u00b4Brien O\uff07Brien", [["o", "brien"]] * 4),
        ("Jean-Luc Jean\u2011Luc Jean\u2212Luc", [["jean", "luc"]] * 3),
        ("J.R.Smith", [["j", "r", "smith"]]),
        ("M\u00fcller/Schmidt", [["muller", "schmidt"]]),
        ("JOSE\u0301 Jos\u00e9", [["jose"], ["jose"]]),
        ("\u00d6sterreich Stra\u00dfe", [["osterreich"], ["strasse"]]),
        ("\u0141ukasz S\u00f8ren \u0130\u015f\u0131k", [["lukasz"], ["soren"], ["isik"]]),
        ("\u0391\u03bb\u03ad\u03be\u03b7\u03c2", [["\u03b1\u03bb\u03b5\u03be\u03b7\u03c3"]]),
        ("\u0419\u043e\u0441\u0438\u0444", [["\u0438\u043e\u0441\u0438\u0444"]]),
        ("\u0645\u064f\u062d\u064e\u0645\u0651\u064e\u062f", [["\u0645\u062d\u0645\u062f"]]),
        ("\u092d\u093e\u0937\u093e", [["\u092d\u093e\u0937\u093e"]]),
        ("\uff21\uff4e\uff4e \ufb01n", [["ann"], ["fin"]]),
        ("An\u00adna\u200b", [["anna"]]),
        ("x" * 100, [["x" * 64]]),
        ("-- ' \\ :* & ()", []),
    ],
)
def test_words_are_the_same_however_they_are_written(text: str, words: list[list[str]]) -> None:
    assert list(words_of(text)) == words


def test_what_is_folded_stays_as_it_is() -> None:
    for code in range(0x30000):
        for words in words_of(chr(code)):
            assert list(words_of(" ".join(words))) == [[word] for word in words], hex(code)


@pytest.mark.parametrize("text", ["Acme", "It's", "", 'quotes " and \\ and {,}'])
def test_the_words_follow_the_name(db: None, text: str) -> None:
    organization = OrganizationFactory.create(name="Before")

    organization.name = text
    organization.save()

    organization.refresh_from_db()
    assert organization.name_words[0] == text


def test_the_words_are_there_for_what_is_made_in_bulk(db: None) -> None:
    Organization.objects.bulk_create([Organization(name="Support/IT")])

    assert Organization.objects.matching("it").exists()


def test_a_name_is_not_changed_without_its_words(db: None) -> None:
    organization = OrganizationFactory.create(name="Before")

    with refused("organizations_organization_check"):
        Organization.objects.filter(pk=organization.pk).update(name="After")
