"""The page of the API's description under the content security policy, in a real browser.

That the admin's pages keep to the policy shows on the console of every other test here.
"""

from playwright.sync_api import Page, expect


def test_the_description_of_the_api_is_shown_under_the_policy(
    page: Page, console: list[str]
) -> None:
    page.goto("/v1/docs")

    expect(page.get_by_role("button", name="Remove user")).to_be_visible()
    assert console == []


def test_a_script_within_a_page_does_not_run(page: Page) -> None:
    page.goto("/v1/docs")

    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.broken = true";
            document.body.append(script);
        }"""
    )

    assert page.evaluate("window.broken") is None
