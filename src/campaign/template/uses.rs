//! How a template uses its variables: what a blank in a cell, or a blank cell, does to the text.

use std::borrow::Cow;

use crate::campaign::template::compiled::{Choice, Node, Template};
use crate::campaign::template::evaluate::{Values, evaluate};
use crate::campaign::template::expression::Expression;

/// A variable that is compared with what stands in the template: `(eq 等级 "金卡")`.
#[derive(Debug, Clone)]
pub(crate) struct Comparison {
    /// The variable, by its index.
    pub(crate) variable: usize,
    /// What it is compared with.
    pub(crate) constant: String,
    /// The comparison as a template writes it.
    pub(crate) spelling: String,
    expression: Expression,
    /// Whether it holds where the two differ.
    differs: bool,
}

/// One cell, whatever the variable.
struct Cell<'c>(&'c str);

impl Values for Cell<'_> {
    fn value(&self, _: usize) -> Cow<'_, str> {
        Cow::Borrowed(self.0)
    }
}

impl Comparison {
    /// Whether a cell equals what it is compared with. One that cannot be read is its row's own fault.
    pub(crate) fn is_met(&self, cell: &str) -> bool {
        evaluate(&self.expression, &Cell(cell)).is_ok_and(|value| value.is_true() != self.differs)
    }
}

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

    /// Its comparisons of one variable with what stands in the template, each as often as it is written.
    pub(crate) fn comparisons(&self) -> Vec<Comparison> {
        let mut found = Vec::new();
        conditions(self.pieces(), &mut |condition| self.gather_comparisons(condition, &mut found));
        found
    }

    fn gather_comparisons(&self, expression: &Expression, found: &mut Vec<Comparison>) {
        let Expression::Call(helper, given) = expression else { return };
        let constant = |one: &Expression| match one {
            Expression::Text(text) => Some((text.clone(), format!("\"{text}\""))),
            Expression::Number(text) => Some((text.clone(), text.clone())),
            Expression::Flag(flag) => Some((flag.to_string(), flag.to_string())),
            Expression::Variable(_) | Expression::Call(..) => None,
        };
        if matches!(helper.name, "eq" | "ne") {
            for (one, other) in [(0, 1), (1, 0)] {
                if let (Some((constant, written)), Some(variable)) =
                    (constant(&given[other]), self.only_variable(&given[one]))
                {
                    let name = &self.variables()[variable].name;
                    found.push(Comparison {
                        variable,
                        constant,
                        spelling: format!("({} {name} {written})", helper.name),
                        expression: expression.clone(),
                        differs: helper.name == "ne",
                    });
                }
            }
        }
        given.iter().for_each(|one| self.gather_comparisons(one, found));
    }

    /// The variable of an expression that has one.
    fn only_variable(&self, expression: &Expression) -> Option<usize> {
        match expression {
            Expression::Variable(variable) => Some(*variable),
            Expression::Call(_, given) => {
                let mut variables = given.iter().filter_map(|one| self.only_variable(one));
                let first = variables.next()?;
                variables.all(|other| other == first).then_some(first)
            }
            Expression::Text(_) | Expression::Number(_) | Expression::Flag(_) => None,
        }
    }

    /// The variables that stand as they are in the query of an address, by their index.
    pub(crate) fn query_variables(&self) -> Vec<usize> {
        let mut found = Vec::new();
        gather_query(self.pieces(), &mut String::new(), &mut found);
        found
    }

    /// Whether a variable stands in the text of these pieces, plainly or through a helper.
    pub(super) fn writes(nodes: &[Node], variable: usize) -> bool {
        nodes.iter().any(|node| match node {
            Node::Text(_) => false,
            Node::Value(value) => mentions(value, variable),
            Node::Choice(choice) => {
                Self::writes(&choice.first, variable) || Self::writes(&choice.second, variable)
            }
        })
    }

    /// Those that are compared with a text letter by letter, by their index.
    pub(crate) fn compared_variables(&self) -> Vec<usize> {
        let mut compared = Vec::new();
        conditions(self.pieces(), &mut |condition| gather_compared(condition, &mut compared));
        compared
    }
}

/// `word` is what stands before the next piece without a blank or a quote: an address, up to there.
fn gather_query(nodes: &[Node], word: &mut String, found: &mut Vec<usize>) {
    for node in nodes {
        match node {
            Node::Text(text) => {
                let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>');
                match text.rfind(ends) {
                    Some(at) => text[at..].trim_start_matches(ends).clone_into(word),
                    None => word.push_str(text),
                }
            }
            Node::Value(value) => {
                let is_query = word.split_once('?').is_some_and(|(before, _)| before.contains('/'));
                if let (Expression::Variable(variable), true) = (value, is_query) {
                    found.push(*variable);
                }
                word.push('x');
            }
            Node::Choice(choice) => {
                let mut other = word.clone();
                gather_query(&choice.first, word, found);
                gather_query(&choice.second, &mut other, found);
            }
        }
    }
}

fn mentions(expression: &Expression, variable: usize) -> bool {
    match expression {
        Expression::Variable(own) => *own == variable,
        Expression::Call(_, given) => given.iter().any(|one| mentions(one, variable)),
        Expression::Text(_) | Expression::Number(_) | Expression::Flag(_) => false,
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
        let source = "{{a}}?{{b}} <a href='https://x/{{c}}?d={{d}}&e={{url_encode e}}&f={{#if g}}{{f}}{{/if}}'>{{h}}?</a>/p?i={{i}}";
        let addressed = Template::compile(source).expect("a sound template");
        let query = addressed.query_variables().into_iter();
        assert_eq!(query.map(|index| addressed.variables()[index].name.as_str()).collect::<String>(), "dfi");
        assert_eq!(names(template.plain_variables()), "abce");
        assert_eq!(names(template.unguarded_variables()), "a");
        assert_eq!(names(template.compared_variables()), "e");
    }
}
