//! The branches of a campaign's conditionals, and which of them a row takes.

use crate::campaign::template::compiled::Template;

/// Every branch of every conditional of some templates.
#[derive(Debug, Clone, Default)]
pub(crate) struct Branches {
    spellings: Vec<String>,
    /// The number of the first branch of each template.
    first: Vec<usize>,
}

impl Branches {
    /// The branches of these templates, in the order in which they are written.
    pub(crate) fn of<'t>(templates: impl IntoIterator<Item = &'t Template>) -> Self {
        let mut branches = Self::default();
        for template in templates {
            branches.first.push(branches.spellings.len());
            branches.spellings.extend(template.branches().iter().cloned());
        }
        branches
    }

    /// Each branch as the template writes it: `{{#if vip}}`, and `{{#if vip}} … {{else}}` for its other side.
    pub(crate) fn spellings(&self) -> &[String] {
        &self.spellings
    }

    /// The number of a template's branch among those of all.
    pub(crate) fn number(&self, template: usize, branch: usize) -> usize {
        self.first[template] + branch
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
