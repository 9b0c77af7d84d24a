//! The branches of a campaign's conditionals, and which of them a row takes.
//!
//! A twin of each piece of Handlebars has a mark at the beginning of each branch. Rendering the twin writes the
//! marks of exactly the branches that the row takes, whatever their conditions are made of.

use handlebars::template::{HelperTemplate, Parameter, TemplateElement};
use handlebars::{Output, Template as Handlebars};

use crate::campaign::template::{Segment, Template, variable_name};

/// Stands around a mark. Unicode promises that no text means anything by this character.
const FENCE: char = '\u{fdd0}';

/// Every branch of every conditional of some templates.
#[derive(Debug, Clone, Default)]
pub(crate) struct Branches {
    twins: Vec<Handlebars>,
    spellings: Vec<String>,
}

impl Branches {
    /// The branches of these templates, in the order in which they are written.
    pub(crate) fn of<'t>(templates: impl IntoIterator<Item = &'t Template>) -> Self {
        let mut branches = Self::default();
        for segment in templates.into_iter().flat_map(Template::segments) {
            let Segment::Handlebars(piece) = segment else { continue };
            let before = branches.spellings.len();
            let mut twin = (**piece).clone();
            branches.mark(&mut twin);
            if branches.spellings.len() > before {
                branches.twins.push(twin);
            }
        }
        branches
    }

    /// Each branch as the template writes it: `{{#if vip}}`, and `{{#if vip}} … {{else}}` for its other side.
    pub(crate) fn spellings(&self) -> &[String] {
        &self.spellings
    }

    /// The templates to render for a row; what they write goes to [`Marks`].
    pub(crate) fn twins(&self) -> &[Handlebars] {
        &self.twins
    }

    fn mark(&mut self, template: &mut Handlebars) {
        for element in &mut template.elements {
            if let TemplateElement::HelperBlock(block) = element {
                self.block(block, "#");
            }
        }
    }

    fn block(&mut self, block: &mut HelperTemplate, opening: &str) {
        let condition = spelling(block, opening);
        let inner = block.template.get_or_insert_with(Handlebars::default);
        let mark = self.branch(condition.clone());
        self.mark(inner);
        inner.elements.insert(0, mark);
        let other = block.inverse.get_or_insert_with(Handlebars::default);
        // `{{else if}}` is a conditional of its own: its two sides are the branches.
        if let [TemplateElement::HelperBlock(next)] = other.elements.as_mut_slice()
            && block.chain
        {
            self.block(next, "else ");
            return;
        }
        let mark = self.branch(format!("{condition} … {{{{else}}}}"));
        self.mark(other);
        other.elements.insert(0, mark);
    }

    fn branch(&mut self, spelling: String) -> TemplateElement {
        let mark = format!("{FENCE}{}{FENCE}", self.spellings.len());
        self.spellings.push(spelling);
        TemplateElement::RawString(mark)
    }
}

/// Takes what twins write and keeps the marks: the branches that were taken, by their index.
#[derive(Debug, Default)]
pub(crate) struct Marks(pub(crate) Vec<usize>);

impl Output for Marks {
    fn write(&mut self, text: &str) -> std::io::Result<()> {
        let mark = text.strip_prefix(FENCE).and_then(|rest| rest.strip_suffix(FENCE));
        self.0.extend(mark.and_then(|number| number.parse::<usize>().ok()));
        Ok(())
    }
}

fn spelling(block: &HelperTemplate, opening: &str) -> String {
    let mut words = vec![word(&block.name)];
    words.extend(block.params.iter().map(word));
    format!("{{{{{opening}{}}}}}", words.join(" "))
}

fn word(parameter: &Parameter) -> String {
    match parameter {
        Parameter::Name(name) => name.clone(),
        Parameter::Path(path) => variable_name(path).unwrap_or_default().to_owned(),
        Parameter::Literal(json) => json.to_string(),
        Parameter::Subexpression(inner) => match inner.element.as_ref() {
            TemplateElement::Expression(call) => {
                let words: Vec<String> = std::iter::once(&call.name).chain(&call.params).map(word).collect();
                format!("({})", words.join(" "))
            }
            _ => String::new(),
        },
        // Whatever a later Handlebars may add is refused when the template is compiled.
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spellings(source: &str) -> Vec<String> {
        let template = Template::compile(source).unwrap_or_else(|faults| panic!("{source}: {faults:?}"));
        Branches::of([&template]).spellings
    }

    #[test]
    fn both_sides_of_a_conditional_are_branches_written_or_not() {
        assert_eq!(spellings("{{#if a}}x{{/if}}"), ["{{#if a}}", "{{#if a}} … {{else}}"]);
        assert_eq!(
            spellings("{{#unless 会员}}x{{else}}y{{/unless}}"),
            ["{{#unless 会员}}", "{{#unless 会员}} … {{else}}"]
        );
        assert_eq!(spellings("{{a}} {{upper b}}"), Vec::<String>::new());
    }

    #[test]
    fn a_chain_has_one_branch_for_each_condition_and_one_for_the_rest() {
        assert_eq!(
            spellings("{{#if (eq a \"1\")}}x{{else if b}}y{{else}}z{{/if}}"),
            ["{{#if (eq a \"1\")}}", "{{else if b}}", "{{else if b}} … {{else}}"]
        );
    }

    #[test]
    fn conditionals_inside_of_others_are_found() {
        assert_eq!(
            spellings("{{#if a}}{{#if b}}x{{/if}}{{/if}}"),
            ["{{#if a}}", "{{#if b}}", "{{#if b}} … {{else}}", "{{#if a}} … {{else}}"]
        );
    }
}
