# SPDX-License-Identifier: MIT
# Hooks of mkdocs.yml: pages of the project's root become pages of the site, which leads to the API
# reference; links to source files become their names, chapters link to their other language, and
# formulas become MathML, which browsers draw without a script.
import logging
import pathlib
import posixpath
import re

from latex2mathml.converter import convert
from mkdocs.structure.files import File

LOG = logging.getLogger("mkdocs.plugins.site")
ROOT = pathlib.Path(__file__).parent.parent
ROOT_PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"]
CODE = re.compile(r"(^```.*?^```$|`[^`\n]+`)", re.M | re.S)
DISPLAY = re.compile(r"\$\$(.+?)\$\$", re.S)
INLINE = re.compile(r"(?<![\\$])\$(?!\s)([^$]+?)\$")
CHINESE_LINE_BREAK = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\n(?=[\u3000-\u9fff\uff00-\uffef])")
LINK = re.compile(r"(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)#]+)(#[^)]*)?\)")


def on_files(files, config):
    for name in ROOT_PAGES:
        files.append(File.generated(config, name, content=(ROOT / name).read_text()))
    files.append(File.generated(config, "api/index.html", content=""))  # scripts/docs.sh copies it
    return files


def linked(match, page, files):
    """A link to a page of the site, from where the page stands; a source file's name otherwise."""
    picture, text, path, anchor = match.groups()
    here = "" if page in ROOT_PAGES else posixpath.join("docs", posixpath.dirname(page))
    there = posixpath.normpath(posixpath.join(here, path))
    there = there if there in ROOT_PAGES else there.removeprefix("docs/")
    if not files.get_file_from_path(there):
        if there.endswith((".md", ".svg", ".png")):
            LOG.warning("%s: there is no %s", page, path)
        return text
    return f"{picture}[{text}]({posixpath.relpath(there, posixpath.dirname(page))}{anchor or ''})"


def on_page_markdown(markdown, page, config, files):
    name = page.file.src_uri
    parts = CODE.split(markdown)
    for i in range(0, len(parts), 2):
        parts[i] = LINK.sub(lambda m: linked(m, name, files), parts[i])
        parts[i] = DISPLAY.sub(lambda m: convert(m[1].strip(), display="block"), parts[i])
        # In a span, since Markdown takes a line that begins with <math> for a block.
        parts[i] = INLINE.sub(lambda m: f"<span>{convert(m[1])}</span>", parts[i])
    text = CHINESE_LINE_BREAK.sub("", "".join(parts))
    chapter = re.fullmatch(r"course/(en|zh)/(.*)", name)
    if chapter:
        other, label = ("zh", "中文") if chapter[1] == "en" else ("en", "English")
        if files.get_file_from_path(f"course/{other}/{chapter[2]}"):
            text = f"[{label}](../{other}/{chapter[2]})\n\n{text}"
    return text
