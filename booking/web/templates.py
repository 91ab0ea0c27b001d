"""Templates compiled once a language, with what never changes in place: translated texts, addresses without parts.

No page looks a text up or builds the address of «Timeavtaler» while it is made.
"""

import re
from typing import Any

from flask import url_for
from flask.templating import Environment
from flask_babel import gettext
from jinja2 import Template, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from booking.web import current

_BETWEEN_LINES = re.compile(r"[ \t]*\n\s*")


class _Template(Template):
    def _get_default_module(self, ctx: Any = None) -> Any:
        # Macros are imported without context. Jinja looks at every import for globals that only the importing
        # template was given; nobody here gives a template globals of its own.
        return super()._get_default_module()


class TemplatesByLanguage(Environment):
    """Flask's environment, with one overlay (and so one set of compiled templates) for each language."""

    template_class = _Template

    compiled_for: str | None = None

    def get_or_select_template(self, *args: Any, **kwargs: Any) -> Template:
        """The template in the language of this request."""
        if self.compiled_for is not None:
            return super().get_or_select_template(*args, **kwargs)
        return self._in(current.language()).get_or_select_template(*args, **kwargs)

    def _in(self, language: str) -> "TemplatesByLanguage":
        overlays: dict[str, TemplatesByLanguage] = self.__dict__.setdefault("overlays", {})
        if language not in overlays:
            overlay = self.overlay()
            assert isinstance(overlay, TemplatesByLanguage)
            overlay.compiled_for = language
            overlays[language] = overlay
        return overlays[language]

    def _generate(self, source: nodes.Template, name: str | None, *args: Any, **kwargs: Any) -> str:
        # Jinja's hook for another code generator. Only pages: elsewhere texts are not escaped the same way.
        if self.compiled_for is not None and name is not None and name.endswith(".html"):
            source = _Settled(self).visit(source)
        return super()._generate(source, name, *args, **kwargs)


class _Settled(NodeTransformer):
    """Puts what never changes into a template that is being compiled.

    ``_("…")`` becomes its translation, ``_("… %(name)s", name=…)`` the translation with its place, ``url_for("…")`` the
    address (the app is never mounted below another path: app.py trusts no prefix), ``icon("…")`` the drawing,
    ``{% include "…" %}`` the included template, in a scope of its own. Of the space between lines, which is there for
    whoever reads the template, one line break is left.
    """

    def __init__(self, environment: TemplatesByLanguage) -> None:
        self.environment = environment

    def visit_TemplateData(self, node: nodes.TemplateData) -> nodes.Expr:  # noqa: N802
        return nodes.TemplateData(_BETWEEN_LINES.sub("\n", node.data), lineno=node.lineno)

    def visit_Include(self, node: nodes.Include) -> nodes.Node:  # noqa: N802
        if not isinstance(node.template, nodes.Const) or not node.with_context or node.ignore_missing:
            return node
        assert self.environment.loader is not None
        name = node.template.value
        source, _, _ = self.environment.loader.get_source(self.environment, name)
        included = self.environment._parse(source, name, None)
        return nodes.Scope(self.visit(included).body, lineno=node.lineno)

    def visit_Call(self, node: nodes.Call) -> nodes.Expr:  # noqa: N802  Jinja's visitors are named so
        self.generic_visit(node)
        if node.dyn_args or node.dyn_kwargs or len(node.args) != 1 or not isinstance(node.node, nodes.Name):
            return node
        argument = node.args[0]
        if not isinstance(argument, nodes.Const):
            return node
        if node.node.name in ("_", "gettext"):
            return self._text(argument, node)
        if node.node.name == "icon" and not node.kwargs:
            drawn = self.environment.get_template("components/icon.html").module
            return nodes.Const(getattr(drawn, "icon")(argument.value), lineno=node.lineno)  # noqa: B009  a macro
        if node.node.name == "url_for" and not node.kwargs:
            return nodes.Const(url_for(argument.value), lineno=node.lineno)
        return node

    def _text(self, text: nodes.Const, node: nodes.Call) -> nodes.Expr:
        # Compiled in a request in this language, so this is the translation into it; "%%" is how "%" is written.
        words = Markup(gettext(text.value))  # noqa: S704  our own words, as Jinja's i18n extension marks them
        if not node.kwargs:
            return nodes.Const(words % {}, lineno=node.lineno)
        values = [nodes.Pair(nodes.Const(word.key), word.value, lineno=node.lineno) for word in node.kwargs]
        return nodes.Mod(nodes.Const(words), nodes.Dict(values), lineno=node.lineno)
