"""A page as a browser's parser sees it, without a browser: elements, text, tables, what the file embeds."""

import base64
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

VOID = {"meta", "link", "br", "input", "img", "hr"}
SELF_CLOSING = {"rect", "line", "path", "image"}
"""SVG elements that the pages write as <rect .../>."""


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    parent: "Element | None"
    children: list["Element | str"] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]

    def get(self, name: str, default: str | None = None) -> str | None:
        return self.attributes.get(name, default)

    def below(self) -> list["Element"]:
        found = []
        for child in self.children:
            if isinstance(child, Element):
                found += [child, *child.below()]
        return found

    def all(self, tag: str) -> list["Element"]:
        return [element for element in self.below() if element.tag == tag]

    @property
    def text(self) -> str:
        return " ".join(self.inner.split())

    @property
    def inner(self) -> str:
        return "".join(child if isinstance(child, str) else child.inner for child in self.children)

    @property
    def raw(self) -> str:
        return "".join(child for child in self.children if isinstance(child, str))


class Reading(HTMLParser):
    """The tree of a page; a tag that is closed in the wrong order is an error."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.html = html
        self.root = self.here = Element("", {}, None)
        self.feed(html)
        self.close()
        assert self.here is self.root, f"<{self.here.tag}> is never closed"

    @classmethod
    def of(cls, path: Path) -> "Reading":
        return cls(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"<{tag}> has an attribute twice: {names}"
        element = Element(tag, {name: value or "" for name, value in attrs}, self.here)
        self.here.children.append(element)
        if tag not in VOID:
            self.here = element

    def handle_startendtag(self, tag, attrs):
        assert tag in SELF_CLOSING, f"<{tag}/> closes nothing in HTML"
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.here.tag == tag, f"</{tag}> closes <{self.here.tag}>"
        self.here = self.here.parent

    def handle_data(self, data):
        self.here.children.append(data)

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.root.below() if not tags or element.tag in tags]

    def one(self, tag: str) -> Element:
        (element,) = self.all(tag)
        return element

    def text(self, tag: str) -> str:
        return self.one(tag).text

    def by_id(self, name: str) -> Element:
        (element,) = (element for element in self.all() if element.get("id") == name)
        return element

    def headings(self) -> list[str]:
        return [element.text for element in self.all("h2")]

    def rows(self, section: str) -> list[tuple[str, ...]]:
        """The body of the first table of a section as text."""
        body = self.by_id(section).all("tbody")[0]
        return [
            tuple(cell.text for cell in row.below() if cell.tag in ("th", "td")) for row in body.all("tr")
        ]

    @staticmethod
    def data(uri: str) -> bytes:
        """What a data: URI holds."""
        return base64.b64decode(uri.partition(";base64,")[2], validate=True)
