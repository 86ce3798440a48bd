"""The explorer page in a real browser, with real keys. Skips without chromium."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from graphql import parse, print_ast

from tests.support.browser import CHROMIUM, Page, browser
from tests.support.servers import Running, catalog_servers

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here"),
    pytest.mark.leaves_threads,  # of the server's pool, and the one that reads the browser's socket
]

READY = "document.querySelector('#docs .entry')"
QUERY = "document.querySelector('#query textarea')"
# The page's own modules, and its schema, for what has no keys.
MODULES = """(async () => {
  const names = ["check", "complete", "format", "json", "memory", "schema", "transport", "variables"];
  const all = await Promise.all(names.map((name) => import(`/explorer/${name}.js`)));
  window.M = Object.assign({}, ...all);
  M.catalog = new M.Schema((await M.ask(M.INTROSPECTION)).__schema);
  return true;
})()"""


@pytest.fixture(scope="module")
def servers() -> Iterator[Running]:
    with catalog_servers("graphql") as running:
        yield running


@pytest.fixture(scope="module")
def opened(servers: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The browser, with the page open and its modules at hand."""
    with browser(tmp_path_factory.mktemp("profile")) as page:
        page.look("dark")
        page.open(servers.addresses["graphql"], READY)
        page.run(MODULES)
        yield page


@pytest.fixture
def page(opened: Page) -> Iterator[Page]:
    """The page with an empty sheet of its own. Whatever the page complains of fails the test."""
    opened.complaints.clear()
    opened.click("#sheets > button")
    opened.click("#query textarea")
    yield opened
    opened.key("Escape")
    refused = "Failed to load resource: the server responded with a status of 400 (BAD REQUEST)"
    assert [complaint for complaint in opened.complaints if complaint != refused] == []


def written(page: Page) -> str:
    """The document in the editor."""
    return str(page.run(f"{QUERY}.value"))


def put(page: Page, document: str) -> None:
    """Put a document in at once, and wait until the page has taken note of it."""
    page.paste(document)
    page.until(f"document.querySelector('#query .sheet pre').textContent === {QUERY}.value + '\\n'")


def offered(page: Page) -> list[str]:
    """What the open list of completions has."""
    found: list[str] = page.run(
        "[...document.querySelectorAll('.popup:not([hidden]) li b')].map((row) => row.textContent)"
    )
    return found


def call(page: Page, function: str, *args: object) -> Any:
    """What one of the page's functions gives."""
    return page.run(f"M.{function}({', '.join(json.dumps(arg) for arg in args)})")


def test_a_query_is_typed_with_completion_and_run(page: Page) -> None:
    """Fields and arguments are offered where they fit, and Ctrl+Enter shows the answer with its size."""
    page.type("{\npro")
    assert offered(page) == ["product", "products", "productsTotal"]
    page.key("Enter")
    page.type("(")
    page.key(" ", "ctrl")
    assert offered(page) == ["id"]
    page.key("Tab")
    page.type("1) {")
    page.type("\nna")
    page.key("Tab")
    assert written(page) == "{\n  product(id: 1) {\n    name\n  }\n}"
    page.key("Enter", "ctrl")
    page.until("document.querySelector('.chip.good')")
    assert json.loads(page.text(".answer")) == {"data": {"product": {"name": "Laptop"}}}
    assert page.text(".chips").startswith("200")


def test_editing_keys_can_be_undone(page: Page) -> None:
    """Prettify and comment change the text as typing does: Ctrl+Z takes them back."""
    page.type("{ limited { limit ")
    before = written(page)
    assert before == "{ limited { limit }}"
    page.key("Escape")
    page.key("p", "ctrl", "shift")
    neat = "{\n  limited {\n    limit\n  }\n}\n"
    assert written(page) == neat
    page.key("a", "ctrl")
    page.run(f"{QUERY}.setSelectionRange(0, 8)")
    page.key("/", "ctrl")
    assert written(page).startswith("# {\n#   limited {\n    limit")
    page.key("z", "ctrl")
    assert written(page) == neat
    page.key("z", "ctrl")
    assert written(page) == before


def test_mistakes_are_marked_before_and_after_sending(page: Page) -> None:
    """An unknown field is marked at once with the name that was meant; a server's error leads there."""
    page.type("{ limited { limt } }")
    assert "Did you mean “limit”?" in page.text("#query .problems")
    assert page.run("document.querySelector('#query .mark-error').textContent") == "limt"
    page.key("Enter", "ctrl")
    page.until("document.querySelector('.chip.warn')")
    page.click("#result .problems button")
    assert page.run(f"[{QUERY}.selectionStart, {QUERY}.selectionEnd]") == [12, 16]


def test_missing_fields_are_filled_in(page: Page) -> None:
    """Running a field that needs a selection chooses its plain fields, which undo takes back."""
    put(page, "{ order(id: 1) { id items } }")
    page.key("Enter", "ctrl")
    page.until("document.querySelector('.chip.good')")
    assert "    items {\n      quantity\n      subtotal\n    }\n" in written(page)
    page.key("z", "ctrl")
    assert written(page) == "{ order(id: 1) { id items } }"


def test_a_fault_is_named(page: Page, servers: Running) -> None:
    """An answer that was spoilt on purpose says so, and by which rule."""
    faults = servers.backends.faults
    faults.configure("graphql", [{"kind": "error", "code": "INTERNAL_SERVER_ERROR", "name": "bad deploy"}])
    try:
        put(page, "{ productsTotal }")
        page.key("Enter", "ctrl")
        page.until("document.querySelector('.chips').textContent.includes('fault: bad deploy')")
    finally:
        faults.clear()


def test_the_operation_at_the_cursor_runs(page: Page) -> None:
    """Of several operations the chooser shows the one that the cursor is in, and that one is sent."""
    put(page, "query A { limited { limit } }\nquery B { productsTotal }")
    page.key("Escape")
    page.until("document.querySelector('#operation').value === 'B'")
    page.key("Enter", "ctrl")
    page.until("document.querySelector('.answer').textContent.includes('productsTotal')")
    assert "operationName=B" in page.run("location.search")


def test_a_subscription_is_followed_and_stopped(page: Page) -> None:
    """Events are listed as they come until Stop, which ends the subscription and its socket."""
    page.type("subscription { orders(count: -1, intervalMs: 1) { sequence ")
    page.key("Escape")
    page.key("Enter", "ctrl")
    page.until("document.querySelectorAll('.events li').length > 5")
    assert page.text("#run") == "Stop"
    page.click("#run")
    page.until("document.querySelector('.chip').textContent === 'stopped'")
    assert page.text("#run") == "Run"


def test_variables_are_checked_and_completed(page: Page) -> None:
    """The pane of variables knows what the operation declares."""
    put(page, "query Q($id: ID!) { product(id: $id) { name } }")
    page.key("Escape")
    assert "id: ID! is needed" in page.text("#variables .problems")
    page.click("#variables textarea")
    page.key(" ", "ctrl")
    assert offered(page) == ["id"]
    page.key("Enter")
    page.type('"2')
    page.key("End")
    page.type("}")
    assert page.run("document.querySelector('#variables .problems').hidden")
    page.key("Enter", "ctrl")
    page.until("document.querySelector('.answer').textContent.includes('Mouse')")


def test_a_token_is_sent_and_kept_nowhere(page: Page) -> None:
    """After logging in a mutation is allowed; neither storage nor address has the token or a password."""
    page.click("#login")
    page.type("password")
    page.key("Enter")
    page.until("document.querySelector('#login.on')")
    page.click("#query textarea")
    put(page, 'mutation { login(email: "user@example.com", password: "password") { token } }')
    page.key("Escape")
    page.key("Enter", "ctrl")
    token = page.until("/eyJ[^\"]+/.exec(document.querySelector('.answer').textContent)?.[0]")
    page.click("#sheets > button")
    page.click("#query textarea")
    put(page, "mutation { deleteProduct(id: 50) { ok } }")
    page.key("Escape")
    page.key("Enter", "ctrl")
    page.until("document.querySelector('.chip.good')")
    assert '"ok": true' in page.text(".answer")
    kept = page.run("JSON.stringify(localStorage) + location.href")
    assert "deleteProduct" in kept
    assert token[:20] not in kept
    assert ': \\\\\\"password\\\\\\"' not in kept
    assert "%3A+%22password%22" not in kept
    page.click("#login")


def test_a_name_explains_itself(page: Page) -> None:
    """The pointer on a field shows its type, on a mistake what is wrong; Ctrl+click opens the schema."""
    put(page, "{ limited { limit remainin } }")
    box = page.run(f"(({{x, y}}) => [x, y])({QUERY}.getBoundingClientRect())")
    width = page.run("document.querySelector('#query .c-name').getBoundingClientRect().width / 7")
    at = [(box[0] + 8 + width * column, box[1] + 18) for column in (4, 14, 20)]
    page.point_at(*at[0])
    assert page.until("document.querySelector('.tip:not([hidden])')?.textContent").startswith(
        "Query.limited: Limited"
    )
    page.point_at(*at[2])
    page.until("document.querySelector('.tip:not([hidden])')?.textContent.includes('Did you mean')")
    page.click_at(*at[1], "ctrl")
    assert page.text("#docs h3").startswith("limiton Limited")
    page.click("#docs .bar button")


def test_the_keyboard_gets_out_of_the_editor(page: Page) -> None:
    """Tab indents in the editor, and leaves it after Escape, so that nobody is caught there."""
    page.type("{")
    page.key("Tab")
    assert written(page) == "{  }"
    page.key("Escape")
    page.key("Tab")
    assert page.run("!!document.activeElement.closest('.problems')")


def test_the_schema_can_be_walked_and_searched(page: Page) -> None:
    """A field leads to its type and back; a search finds by name; the button inserts a field that runs."""
    page.click("#docs .entry .name")
    assert page.text("#docs h3").startswith("product")
    page.click("#docs .page p .type")
    assert page.text("#docs h3").startswith("Product")
    page.click("#docs .bar button")
    assert page.text("#docs h3").startswith("product")
    page.click("#docs .bar input")
    page.type("productsT")
    assert "productsTotal" in page.text("#docs .page")
    page.click("#docs .add")
    assert written(page) == "query ProductsTotal {\n  productsTotal\n}\n"


def test_history_and_link_bring_a_document_back(page: Page, servers: Running) -> None:
    """What ran is in the history; the address of the page brings document and variables back, unrun."""
    put(page, "query Remembered { productsTotal }")
    page.key("Escape")
    page.key("Enter", "ctrl")
    page.until("document.querySelector('.chip.good')")
    link = page.run("location.href")
    page.click("#sheets > button")
    page.click("#tab-history")
    page.click("#past .again")
    assert "Remembered" in written(page)
    page.click("#tab-docs")
    page.open("about:blank#", "true")
    page.open(link, READY)
    page.run(MODULES)
    assert "Remembered" in written(page)
    assert page.run("!document.querySelector('.chip')")


DOCUMENTS = [
    "{ product(id: 1) { id } }",
    "{ product { id } }",
    "{ product(id: 1.5) { id } }",
    "{ product(id: 1) }",
    "{ product(id: 1, id: 2) { id } }",
    "{ limited { limit { x } } }",
    "{ limited { nothing } }",
    "{ limited }",
    "{ products(sort: name) { id } }",
    "{ products(page: 99999999999) { id } }",
    "{ products(page: null, limit: 2) { id } }",
    "{ ...F }",
    "{ limited { ...F } } fragment F on Limited { limit }",
    "{ limited { ...F } } fragment F on Limitd { limit }",
    "{ limited { ...F } } fragment F on Product { id }",
    "{ limited { limit } } fragment F on Limited { limit }",
    "{ limited { ... on Limited { limit } ... @include(if: true) { remaining } } }",
    "{ limited { limit @nothing } }",
    "{ limited { limit @skip } }",
    "query($a: Int) { products(page: $a) { id } }",
    "query($a: Int) { products(page: 1) { id } }",
    "query { products(page: $a) { id } }",
    "query($a: Int, $a: Int) { products(page: $a) { id } }",
    "query($a: Product) { products(page: $a) { id } }",
    "query($a: ID! = 5) { product(id: $a) { ...P } } fragment P on Product { a: id }",
    "{ limited { limit } } { limited { limit } }",
    "query A { limited { limit } } query A { limited { limit } }",
    "{ __schema { queryType { name } } __typename }",
    '{ __type(name: "Product") { name } }',
    "{ limited { __typename } }",
    "{ limited { limit",
    "{ limited { limit } ",
    "{}",
    "query A() { limited { limit } }",
    '{ product(id: "x) { id } }',
    '{ product(id: """x""") { id } }',
    "fragment on on Limited { limit } { limited { limit } }",
    "{ a: limited { limit } # comment }\n}",
    "{ product(id: -1) { id } }",
    "{ product(id: 01) { id } }",
    "{ product(id: 1x) { id } }",
    "type A { b: Int }",
]


def test_the_pages_verdict_is_the_servers(opened: Page, servers: Running) -> None:
    """What the page marks as an error is what the server refuses, and nothing else."""
    for document in DOCUMENTS:
        marks = opened.run(f"M.check({json.dumps(document)}, M.catalog).map((mark) => mark.message)")
        name = "A" if document.startswith("query A") else None
        sent = {"query": document, "operationName": name}
        status = requests.post(servers.addresses["graphql"], json=sent, timeout=10).status_code
        assert bool(marks) == (status == 400), (document, marks, status)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("|", ["query", "mutation", "subscription", "fragment"]),
        ("{ a: productsT|", ["productsTotal"]),
        ("{ products(sort: 1, pr|) { id } }", ["priceMin", "priceMax"]),
        ("{ order(id: 1) { items { product { st|", ["stock"]),
        ("{ ...F } fragment F on Pro|", ["Product", "CreateProduct", "UpdateProduct", "DeleteProduct"]),
        ("fragment F on Limited { limit } { limited { ...|", ["on", "F"]),
        ("query($a: Int) { products(page: $|", ["a"]),
        ("{ limited @|", ["include", "skip", "deprecated", "specifiedBy"]),
        ("{ limited @skip(if: t|", ["true"]),
        ("mutation { createOrder(lines: [{ productId: 1, |", ["quantity"]),
        ("query($l: Order|", ["OrderLine"]),
        ("# que|", []),
        ('{ product(id: "pro|', []),
    ],
)
def test_completion_fits_the_place(opened: Page, document: str, expected: list[str]) -> None:
    """What is offered depends on the brackets around the cursor, and nothing is offered inside texts."""
    text, at = json.dumps(document.replace("|", "")), document.index("|")
    offers = opened.run(f"(M.complete({text}, {at}, M.catalog)?.items || []).map((item) => item.text)")
    assert offers == expected


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ('{"a": }', 6),
        ('{"a": 1,}', 8),
        ("{'a': 1}", 1),
        ('{"a": 1} x', 9),
        ('{"a" 1}', 5),
        ('{"a": [1 2]}', 9),
        ("[1]", 0),
    ],
)
def test_broken_json_is_marked_where_it_breaks(opened: Page, text: str, start: int) -> None:
    """The mark stands at the first sign that cannot be there; an array is none of the objects wanted."""
    assert call(opened, "readObject", text)["fault"]["start"] == start


def test_prettify_keeps_comments_and_meaning(opened: Page) -> None:
    """The usual form has each comment once, reads as the same document, and is its own usual form."""
    document = (
        "# top\nquery A($a:ID!=1,$b:Boolean=true)@x{a:product(id:$a,# why\n){id#after\n# alone\nname ...F"
        '...on Product@skip(if:$b){stock}}}# end\nfragment F on Product{id name(b:[{c:"d"}])}\n# last'
    )
    neat = call(opened, "prettify", document)
    assert neat.splitlines()[:4] == [
        "# top",
        "query A($a: ID! = 1, $b: Boolean = true) @x {",
        "  a: product(id: $a) { # why",
        "    id #after",
    ]
    assert call(opened, "prettify", neat) == neat
    assert print_ast(parse(neat)) == print_ast(parse(document))
    for comment in ("# top", "# why", "#after", "# alone", "# end", "# last"):
        assert neat.count(comment) == 1


def test_secrets_are_blanked_before_anything_is_kept(opened: Page) -> None:
    """Passwords and tokens lose their value in documents and variables, and nothing else does."""
    document = 'mutation { login(email: "a@b.c", password: "x\\"y") { token } }'
    assert call(opened, "withoutSecrets", document) == document.replace('"x\\"y"', '""')
    variables = '{ "password": "x", "authToken": "y", "name": "z" }'
    assert call(opened, "withoutSecrets", variables) == '{ "password": "", "authToken": "", "name": "z" }'


def test_the_cursor_is_kept_in_sight(page: Page) -> None:
    """Wherever typing or a key takes the cursor, the editor scrolls there, sideways too."""
    put(page, "\n" * 60 + "# " + "x" * 200)
    scrolled = "(({scrollLeft, scrollTop}) => [scrollLeft, scrollTop])(document.querySelector('.scroller'))"
    left, top = page.run(scrolled)
    assert (left > 500, top > 500) == (True, True)
    page.run(f"{QUERY}.setSelectionRange(0, 0)")
    page.until("document.querySelector('.scroller').scrollTop < 20")
    assert page.run(scrolled)[0] < 20


FAINT = """(() => {
  const light = (colour) => {
    const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255);
    const [r, g, b] = parts.map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return /, 0\\)$/.test(colour) ? behind(element.parentElement) : colour;
  };
  const says = ({ nodeType, textContent }) => nodeType === Node.TEXT_NODE && textContent.trim();
  const seen = [...document.querySelectorAll("body *:not(textarea)")]
    .filter((element) => element.checkVisibility() && [...element.childNodes].some(says));
  return seen.map((element) => {
    const [low, high] = [getComputedStyle(element).color, behind(element)].map(light).sort((a, b) => a - b);
    return [element.className + ": " + element.textContent, (high + 0.05) / (low + 0.05)];
  }).filter(([, ratio]) => !(ratio >= 4.5));
})()"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read(page: Page, scheme: str) -> None:
    """In both schemes whatever is written stands out from what is behind it by 4.5 to 1."""
    page.look(scheme)
    put(page, '# note\nquery Q($n: Int) @x { limited(a: 1, b: "x") { limit } }')
    page.key("Enter", "ctrl")
    page.until("document.querySelector('.chip.warn')")
    assert page.run(FAINT) == []
    assert page.run("document.body.scrollWidth <= innerWidth")


def test_every_control_has_a_name(page: Page) -> None:
    """A screen reader has something to say of whatever can be used."""
    nameless = page.run(
        "[...document.querySelectorAll('button, select, input, textarea, [tabindex]')].filter((element) =>"
        " !(element.getAttribute('aria-label') || element.textContent.trim() || element.closest('label')))"
        ".map((element) => element.outerHTML)"
    )
    assert nameless == []
