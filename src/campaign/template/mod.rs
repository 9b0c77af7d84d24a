//! Templates: Handlebars, strict, without HTML escaping.
//!
//! A template is taken apart once, by the rules of Handlebars.js, into texts, values and choices. Every variable is
//! known before a row is read, and so is every fault that no row can mend. What may stand in a template is what its
//! manual says and nothing else, so that each sentence about a fault can say what to write instead.

mod blanks;
mod blocks;
pub(crate) mod branches;
mod compiled;
mod evaluate;
mod expression;
pub(crate) mod fault;
pub mod helpers;
mod limits;
pub(crate) mod other_braces;
mod operators;
mod tags;
mod uses;
mod variable;
mod words;

pub(crate) use compiled::{Bare, Broken, Node, Template};
pub(crate) use evaluate::{Failure, Values};
pub(crate) use expression::Expression;
pub(crate) use helpers::number::is_zero;
pub(crate) use other_braces::{Braces, Placeholder};
pub(crate) use uses::Comparison;
pub(crate) use variable::{OPENID, ROW, Variable};

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::fault::{SyntaxFault, TemplateFaultKind};
    use super::*;

    fn compiled(source: &str) -> Template {
        Template::compile(source).unwrap_or_else(|broken| panic!("{source}: {:?}", broken.faults))
    }

    fn names(source: &str) -> Vec<String> {
        compiled(source).variables().iter().map(|variable| variable.name.clone()).collect()
    }

    fn kinds(source: &str) -> Vec<TemplateFaultKind> {
        match Template::compile(source) {
            Ok(_) => Vec::new(),
            Err(broken) => broken.faults.into_iter().map(|fault| fault.kind).collect(),
        }
    }

    fn syntax(source: &str) -> SyntaxFault {
        match kinds(source).as_slice() {
            [TemplateFaultKind::Syntax(fault)] => fault.clone(),
            other => panic!("{source}: {other:?}"),
        }
    }

    /// A row by its columns' names.
    struct Row<'r>(&'r Template, &'r BTreeMap<String, String>);

    impl Values for Row<'_> {
        fn value(&self, variable: usize) -> Cow<'_, str> {
            Cow::Borrowed(&self.1[&self.0.variables()[variable].name])
        }
    }

    /// What Handlebars.js made of random templates.
    #[derive(Deserialize)]
    struct Table {
        rows: Vec<BTreeMap<String, String>>,
        templates: Vec<(String, Option<Vec<String>>)>,
    }

    #[test]
    fn random_templates_are_filled_as_handlebars_js_fills_them() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/handlebars.json");
        let table = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let table: Table = serde_json::from_str(&table).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(table.templates.len() >= 4000);
        let mut wrong = Vec::new();
        for (source, expected) in &table.templates {
            let filled = Template::compile(source).ok().map(|template| {
                let fill = |row| {
                    let mut text = String::new();
                    let filled = template.fill(&Row(&template, row), &mut text, &mut Vec::new());
                    filled.map_or_else(|failure| format!("{failure:?}"), |()| text)
                };
                table.rows.iter().map(fill).collect::<Vec<_>>()
            });
            if filled != *expected {
                wrong.push(format!("{source:?}\n  expected {expected:?}\n  filled   {filled:?}"));
            }
        }
        assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
    }

    #[test]
    fn variables_are_found_wherever_they_stand() {
        assert_eq!(
            names("{{姓名}} {{[full name]}} {{@row}} {{openid}} {{{code}}}"),
            ["姓名", "full name", "@row", "openid", "code"]
        );
        assert_eq!(
            names("{{#if (eq 城市 \"北京\")}}{{a}}{{else if b}}{{c}}{{else}}{{d}}{{/if}}"),
            ["城市", "a", "b", "c", "d"]
        );
        assert_eq!(names("{{default (trim name) \"您\"}}"), ["name"]);
        assert_eq!(
            names("{{2026年}} {{12}} {{\"full name\"}} {{　姓名　}}"),
            ["2026年", "12", "full name", "姓名"]
        );
    }

    #[test]
    fn a_column_may_have_a_helpers_name() {
        assert_eq!(names("{{date}} {{#if number}}{{number}}{{/if}}"), ["date", "number"]);
    }

    #[test]
    fn text_that_is_the_same_for_everybody_is_known() {
        assert_eq!(compiled("a {{b}} c").constant(), None);
        assert_eq!(compiled("no {{! comment }}variable").constant().as_deref(), Some("no variable"));
    }

    #[test]
    fn what_cannot_work_is_told_before_any_row() {
        assert_eq!(syntax("{{#if a}}x"), SyntaxFault::UnclosedBlock("if".into()));
        assert_eq!(syntax("{{a"), SyntaxFault::UnclosedTag);
        assert_eq!(
            kinds("{{uper a}}"),
            [TemplateFaultKind::UnknownHelper { name: "uper".into(), column: Some("{{[uper a]}}".into()) }]
        );
        assert_eq!(kinds("{{upper a b}}"), [TemplateFaultKind::Parameters { name: "upper", given: 2 }]);
        assert_eq!(
            kinds("{{#each a}}{{this}}{{/each}}").first(),
            Some(&TemplateFaultKind::Unsupported("each".into()))
        );
        assert_eq!(kinds("{{> partial}}"), [TemplateFaultKind::Unsupported(">".into())]);
        assert_eq!(kinds("{{a.b}}"), [TemplateFaultKind::Path("a.b".into())]);
    }

    #[test]
    fn what_people_write_in_other_languages_leads_to_what_works_here() {
        let operator =
            |sign: &str, instead: &str| SyntaxFault::Operator { sign: sign.into(), instead: instead.into() };
        assert_eq!(syntax("{{#if 等级 == \"金卡\"}}x{{/if}}"), operator("==", "{{#if (eq 等级 \"金卡\")}}"));
        assert_eq!(syntax("{{#if 积分 >= 100}}x{{/if}}"), operator(">=", "{{#if (gte 积分 100)}}"));
        assert_eq!(syntax("{{#if 积分 ＞ 100}}x{{/if}}"), operator("＞", "{{#if (gt 积分 100)}}"));
        assert_eq!(syntax("{{#if a && b}}x{{/if}}"), operator("&&", "{{#if (and a b)}}"));
        assert_eq!(
            syntax("{{#if eq 等级 \"金卡\"}}x{{/if}}"),
            SyntaxFault::NoBrackets("{{#if (eq 等级 \"金卡\")}}".into())
        );
        assert_eq!(
            syntax("{{default 姓名 “朋友”}}"),
            SyntaxFault::CurlyQuotes { text: "“朋友”".into(), instead: "\"朋友\"".into() }
        );
        assert_eq!(syntax("{{#if （eq 等级 \"金卡\"）}}x{{/if}}"), SyntaxFault::FullWidthBrackets);
        assert_eq!(syntax("{{#会员}}x{{/会员}}"), SyntaxFault::Section("会员".into()));
        assert_eq!(
            syntax("{{姓名(昵称)}}"),
            SyntaxFault::Sign { sign: "(".into(), column: "{{[姓名(昵称)]}}".into() }
        );
        assert_eq!(syntax("{{upper(name)}}"), SyntaxFault::NoBrackets("(upper name)".into()));
        assert_eq!(syntax("{{姓名}}}"), SyntaxFault::ThirdBrace);
        assert_eq!(syntax("{{姓名｝｝，您好"), SyntaxFault::FullWidthBraces);
        assert_eq!(syntax("{{date 日期 \"YYYY-MM-DD\"}}"), SyntaxFault::DatePattern("YYYY-MM-DD".into()));
        assert_eq!(syntax("{{number 金额 70000}}"), SyntaxFault::Count("70000".into()));
        assert_eq!(syntax("{{percent 折扣 \"分\"}}"), SyntaxFault::Unit("分".into()));
        assert_eq!(syntax("{{#if a}}x{{elseif b}}y{{/if}}"), SyntaxFault::ElseIf("elseif".into()));
    }

    #[test]
    fn templates_that_nobody_can_follow_are_refused_and_harmless() {
        for (deep, sound) in [(64, true), (65, false), (20_000, false)] {
            let source = format!("{}x{}", "{{#if a}}".repeat(deep), "{{/if}}".repeat(deep));
            assert_eq!(Template::compile(&source).is_ok(), sound, "{deep}");
            let call = format!("{{{{upper {}a{}}}}}", "(upper ".repeat(deep - 1), ")".repeat(deep - 1));
            assert_eq!(Template::compile(&call).is_ok(), sound, "{deep}");
        }
        let many = format!("{{{{#if a}}}}x{}{{{{/if}}}}", "{{else if b}}y".repeat(199));
        let template = compiled(&many);
        let row = BTreeMap::from([("a".to_owned(), String::new()), ("b".to_owned(), String::new())]);
        assert!(template.fill(&Row(&template, &row), &mut String::new(), &mut Vec::new()).is_ok());
    }

    #[test]
    fn a_broken_template_still_tells_its_variables() {
        let broken = Template::compile("{{a}} {{uper b}}").err();
        let names =
            broken.map(|broken| broken.rest.variables().iter().map(|v| v.name.clone()).collect::<Vec<_>>());
        assert_eq!(names, Some(vec!["a".into(), "b".into()]));
    }

    #[test]
    fn a_variable_knows_its_own_place() {
        let template = compiled("您好 {{name}} {{ nmae }} {{[a b]}}");
        let at = |index: usize| template.variables()[index].at.clone();
        assert_eq!(&"您好 {{name}} {{ nmae }} {{[a b]}}"[at(1)], "nmae");
        assert_eq!(&"您好 {{name}} {{ nmae }} {{[a b]}}"[at(2)], "a b");
    }
}
