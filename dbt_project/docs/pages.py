"""python pages.py SITE: the pages of this folder as HTML beside the lineage, and a list of them.

Pages link to each other as files of the repository; in the site these links lead to its own pages,
and what is not in the site is not linked.
"""

import re
import shutil
import sys
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

DOCS = Path(__file__).resolve().parent
README = DOCS.parents[1] / "README.md"
OVERVIEW = DOCS / "overview.md"
"""The first page of dbt's own site."""
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>
  body {{ margin: 2rem auto 4rem; max-width: 58rem; padding: 0 1.5rem; color: #1f2933;
         font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }}
  a {{ color: #0072b2; }}
  pre, table {{ display: block; max-width: 100%; overflow-x: auto; }}
  pre {{ padding: .8rem 1rem; background: #f5f7fa; border-radius: 6px; }}
  code {{ font: .875em/1.4 ui-monospace, "DejaVu Sans Mono", monospace; }}
  table {{ border-collapse: collapse; }}
  th, td {{ padding: .3rem .7rem; border: 1px solid #cbd2d9; text-align: left; }}
  img {{ max-width: 100%; }}
</style>
</head>
<body>
<p><a href="index.html">VPP warehouse</a> · <a href="pages.html">all pages</a></p>
{body}</body>
</html>
"""


def write_site(site: Path) -> None:
    """Write the pages and their list into the folder of the lineage site."""
    for page in sorted(set(DOCS.glob("*.md")) - {OVERVIEW}):
        # What is between these tags is also the description of something in dbt's site.
        text = re.sub(r"^{% (?:docs \w+|enddocs) %}$", "", page.read_text(), flags=re.M)
        (site / f"{page.stem}.html").write_text(as_html(text, DOCS, site))
    following = README.read_text().split("\n## One page per question\n\n")[1]
    # The list alone: the licence comes after it.
    text = "# One page per question\n\n" + following.split("\n\n")[0]
    (site / "pages.html").write_text(as_html(text, README.parent, site))


def as_html(text: str, folder: Path, site: Path) -> str:
    """A page of the site from the Markdown of one that lies in `folder`."""
    markdown = MarkdownIt("commonmark").enable("table")
    tokens = markdown.parse(text)
    title = ""
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open" and following is not None:
            title = title or following.content
            token.attrSet("id", anchor(following.content))
        lead_into_site(token.children or [], folder, site)
    body = markdown.renderer.render(tokens, markdown.options, {})
    return _PAGE.format(title=escape(title), body=body)


def anchor(heading: str) -> str:
    """The anchor of a heading, as code-hosting sites make it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def lead_into_site(tokens: list[Token], folder: Path, site: Path) -> None:
    """Let links and pictures lead to what is in the site; take away links to what is not."""
    is_linked = True
    for token in tokens:
        if token.type == "link_close" and not is_linked:
            token.tag = "span"
        for name in {"href", "src"} & token.attrs.keys():
            address = address_in_site(str(token.attrs[name]), folder, site)
            if token.type == "link_open":
                is_linked = address is not None
            if address is None:
                token.tag, token.attrs = "span", {}
            else:
                token.attrs[name] = address


def address_in_site(link: str, folder: Path, site: Path) -> str | None:
    """Where a link of a page leads in the site; None: nowhere. A file that it needs is copied."""
    name, hash_sign, place = link.partition("#")
    if not name or re.match(r"[a-z]+:", link):
        return link
    target = (folder / name).resolve()
    if not target.is_relative_to(DOCS):
        return None
    if target.suffix == ".md":
        return ("dbt" if target == OVERVIEW else target.stem) + ".html" + hash_sign + place
    copy = site / target.relative_to(DOCS)
    copy.parent.mkdir(exist_ok=True)
    shutil.copy(target, copy)
    return str(copy.relative_to(site))


if __name__ == "__main__":
    write_site(Path(sys.argv[1]))
