"""The words that every page shares, in both languages, and the links between the pages."""

ADDRESSES = {"practice": "", "report": "report", "progress": "progress", "library": "library", "evals": "evals"}
"""Name of each page -> its address below the root, in the order of the links."""


def _nav(pages: dict[str, str], here: str) -> str:
    """The links to all pages as HTML, the one that is open marked."""
    links = "".join(
        f'<a href="./{address}"{" aria-current=page" if name == here else ""}>{pages[name]}</a>'
        for name, address in ADDRESSES.items()
    )
    return f'<nav aria-label="{pages["pages"]}">{links}</nav>'


def _words(pages: dict[str, str]) -> dict[str, str]:
    return {
        **{f"page_{name}": pages[name] for name in ADDRESSES},
        **{f"nav_{name}": _nav(pages, name) for name in ADDRESSES},
        "app": f"<h1>{pages['app']}</h1>",
    }


ENGLISH = _words(
    {
        "practice": "Practice",
        "report": "Report",
        "progress": "Progress",
        "library": "Library",
        "evals": "Evals",
        "app": "Interview coach",
        "pages": "Pages",
    }
)
CHINESE = _words(
    {
        "practice": "练习",
        "report": "报告",
        "progress": "进展",
        "library": "题库",
        "evals": "评测",
        "app": "面试教练",
        "pages": "页面",
    }
)
