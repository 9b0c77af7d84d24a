//! The shell of every HTML report: one document that needs nothing but itself.
//!
//! A report brings a template for its content, more style where it needs some, and a value to fill the template
//! with. Values are escaped by Handlebars; no report writes a tag by itself. Nothing in a page reaches for the
//! network: its Content-Security-Policy lets a browser load no more than pictures and sounds that are part of it.
//!
//! In a template `{{say "report.page.title" name=value}}` is the sentence of a key of `locales/`.

use std::fmt::Display;

use handlebars::{
    Context, Handlebars, Helper, HelperResult, Output, RenderContext, RenderError, html_escape,
};
use serde::Serialize;
use serde_json::json;

use crate::locale::Catalog;

/// The document around the content.
const SHELL: &str = include_str!("assets/page.hbs");
/// Colours for light and dark, type, tables, printing: what every page has in common.
pub(crate) const STYLE: &str = include_str!("assets/page.css");

/// What a browser may load for a page: what is part of it.
const POLICY: &str = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; \
                      base-uri 'none'; form-action 'none'";
/// For a page that a server of this program renews: also that server's script and its events.
const LIVE_POLICY: &str = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; \
                           script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'";

/// A page before it is filled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page<'a> {
    /// Its title in the browser's tab, a finished sentence.
    pub(crate) title: &'a str,
    /// The templates it is made of, by name. The one called `content` goes inside `<body>`; others are partials.
    pub(crate) templates: &'a [(&'a str, &'a str)],
    /// Style beyond what every page has.
    pub(crate) style: &'a str,
    /// The path of the script that renews it, for pages that come from a server of this program.
    pub(crate) script: Option<&'a str>,
}

/// A page whose templates do not fit its content: a mistake of this program, never of a user's file.
#[derive(Debug, thiserror::Error)]
#[error("a page cannot be written: {0}")]
pub(crate) struct PageError(String);

impl Page<'_> {
    /// Fills the page. Equal contents give equal bytes.
    ///
    /// # Errors
    ///
    /// When a template is no Handlebars or names a value that the content lacks.
    pub(crate) fn fill(&self, content: &impl Serialize, words: &Catalog) -> Result<String, PageError> {
        let page = json!({
            "lang": words.language().tag(),
            "policy": if self.script.is_some() { LIVE_POLICY } else { POLICY },
            "title": self.title,
            "script": self.script,
            "page_style": STYLE,
            "style": self.style,
            "content": content,
        });
        fill(SHELL, self.templates, &page, words)
    }
}

/// A document of another shell, with the same helpers and as strict.
///
/// # Errors
///
/// As [`Page::fill`].
pub(crate) fn fill(
    shell: &str,
    templates: &[(&str, &str)],
    page: &impl Serialize,
    words: &Catalog,
) -> Result<String, PageError> {
    rendered(shell, templates, page, words).map_err(|error| PageError(error.to_string()))
}

fn rendered(
    shell: &str,
    templates: &[(&str, &str)],
    page: &impl Serialize,
    words: &Catalog,
) -> Result<String, RenderError> {
    let mut handlebars = Handlebars::new();
    handlebars.set_strict_mode(true);
    // An indented partial would indent the lines of people's texts.
    handlebars.set_prevent_indent(true);
    handlebars.register_escape_fn(html_escape);
    handlebars.register_helper("say", Box::new(say(words.clone())));
    handlebars.register_helper("prose", Box::new(prose));
    for (name, template) in templates {
        handlebars.register_partial(name, template)?;
    }
    handlebars.register_template_string("page", shell)?;
    handlebars.render("page", page)
}

/// `{{say "key" name=value}}`: a sentence, its places filled from the helper's names, escaped as a whole.
fn say(words: Catalog) -> impl handlebars::HelperDef {
    move |helper: &Helper<'_>,
          _: &Handlebars<'_>,
          _: &Context,
          _: &mut RenderContext<'_, '_>,
          out: &mut dyn Output|
          -> HelperResult {
        let key = plain(helper.param(0).expect("a template of ours names the sentence").value());
        let values: Vec<(&str, String)> =
            helper.hash().iter().map(|(name, value)| (*name, plain(value.value()))).collect();
        let places: Vec<(&str, &dyn Display)> =
            values.iter().map(|(name, value)| (*name, value as &dyn Display)).collect();
        out.write(&html_escape(&words.say(&key, &places)))?;
        Ok(())
    }
}

/// `{{prose text}}`: a sentence of ours, escaped, what stands between backticks in it as code.
fn prose(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let text = plain(helper.param(0).expect("a template of ours names the text").value());
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        // A backtick without its other half is a sign like any other.
        out.write(&html_escape(&text))?;
        return Ok(());
    }
    for (index, part) in parts.into_iter().enumerate() {
        let part = html_escape(part);
        out.write(&if index.is_multiple_of(2) { part } else { format!("<code>{part}</code>") })?;
    }
    Ok(())
}

/// A value as people read it: a text without quotes.
fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    fn filled(template: &str, content: &impl Serialize) -> String {
        let page = Page { title: "A <title>", templates: &[("content", template)], style: "", script: None };
        let words = Catalog::new(Language::ZhCn);
        page.fill(content, &words).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn everything_that_is_filled_in_is_escaped() {
        let html = filled("<p title=\"{{text}}\">{{text}}</p>", &json!({ "text": "<script>\"'&" }));
        assert!(
            html.contains("<p title=\"&lt;script&gt;&quot;&#x27;&amp;\">&lt;script&gt;&quot;&#x27;&amp;</p>")
        );
        assert!(html.contains("<title>A &lt;title&gt;</title>"));
        assert!(html.contains("<html lang=\"zh-CN\">"));
    }

    #[test]
    fn a_sentence_comes_from_the_locale_and_is_escaped_with_its_values() {
        let html = filled("<p>{{say \"plan.line.sheet\" value=n}}</p>", &json!({ "n": "<7>" }));
        assert!(html.contains("&lt;7&gt;"), "{html}");
        assert!(!html.contains("<7>"), "{html}");
    }

    #[test]
    fn what_stands_between_backticks_is_code_and_escaped_as_everything() {
        let html = filled("<p>{{prose text}}</p>", &json!({ "text": "Run `a <b>` or `c`." }));
        assert!(html.contains("<p>Run <code>a &lt;b&gt;</code> or <code>c</code>.</p>"), "{html}");
        let html = filled("<p>{{prose text}}</p>", &json!({ "text": "one ` & <i>" }));
        assert!(html.contains("<p>one &#x60; &amp; &lt;i&gt;</p>"), "{html}");
    }

    #[test]
    fn a_value_that_is_missing_is_an_error_and_no_gap() {
        let page = Page { title: "", templates: &[("content", "{{nothing}}")], style: "", script: None };
        assert!(page.fill(&json!({}), &Catalog::new(Language::En)).is_err());
    }

    #[test]
    fn only_style_goes_into_a_page_as_it_is() {
        assert_eq!(SHELL.matches("{{{").count(), 2);
        assert!(SHELL.contains("<style>{{{page_style}}}{{{style}}}</style>"));
    }
}
