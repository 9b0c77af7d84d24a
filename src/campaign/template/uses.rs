//! How a template uses its variables: what a blank in a cell, or a blank cell, does to the text.

use crate::campaign::template::compiled::{Choice, Node, Template};
use crate::campaign::template::expression::Expression;

impl Template {
    /// The variables that stand in the text as they are, by their index.
    pub(crate) fn plain_variables(&self) -> Vec<usize> {
        let mut plain = Vec::new();
        gather_plain(self.pieces(), &mut plain);
        plain
    }

    /// Those that leave a gap in the text when they are blank: whoever puts a condition around one has thought of it.
    pub(crate) fn unguarded_variables(&self) -> Vec<usize> {
        let variable = |node: &Node| match node {
            Node::Value(Expression::Variable(variable)) => Some(*variable),
            Node::Text(_) | Node::Value(_) | Node::Choice(_) => None,
        };
        self.pieces().iter().filter_map(variable).collect()
    }

    /// Those that are compared with a text letter by letter, by their index.
    pub(crate) fn compared_variables(&self) -> Vec<usize> {
        let mut compared = Vec::new();
        conditions(self.pieces(), &mut |condition| gather_compared(condition, &mut compared));
        compared
    }
}

fn gather_plain(nodes: &[Node], plain: &mut Vec<usize>) {
    for node in nodes {
        match node {
            Node::Value(Expression::Variable(variable)) => plain.push(*variable),
            Node::Text(_) | Node::Value(_) => {}
            Node::Choice(choice) => {
                gather_plain(&choice.first, plain);
                gather_plain(&choice.second, plain);
            }
        }
    }
}

fn conditions<'n>(nodes: &'n [Node], found: &mut impl FnMut(&'n Expression)) {
    let choice = |node: &'n Node| match node {
        Node::Choice(choice) => Some(&**choice),
        Node::Text(_) | Node::Value(_) => None,
    };
    for Choice { condition, first, second, .. } in nodes.iter().filter_map(choice) {
        found(condition);
        conditions(first, found);
        conditions(second, found);
    }
}

fn gather_compared(expression: &Expression, compared: &mut Vec<usize>) {
    let Expression::Call(helper, given) = expression else { return };
    for one in given {
        match one {
            Expression::Variable(variable) if matches!(helper.name, "eq" | "ne") => compared.push(*variable),
            other => gather_compared(other, compared),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_blanks_do_hangs_on_how_a_variable_is_used() {
        let source = "{{a}}{{#if b}}{{b}}{{c}}{{else}}{{trim d}}{{/if}}{{#if (and (eq e \"x\") (eq (trim f) \"y\"))}}{{e}}{{/if}}";
        let template = Template::compile(source).expect("a sound template");
        let names = |variables: Vec<usize>| -> String {
            variables.into_iter().map(|variable| template.variables()[variable].name.as_str()).collect()
        };
        assert_eq!(names(template.plain_variables()), "abce");
        assert_eq!(names(template.unguarded_variables()), "a");
        assert_eq!(names(template.compared_variables()), "e");
    }
}
