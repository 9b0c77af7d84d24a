//! A template filled with values.

use std::borrow::Cow;

use crate::campaign::template::compiled::{Choice, Node, Template};
use crate::campaign::template::expression::Expression;
use crate::campaign::template::helpers::value::{HelperFault, Value};

/// A text that has grown to more than this is filled no further: it is far beyond what any field takes, and a cell that
/// stands in it thousands of times would fill the memory.
const MOST_TEXT: usize = 8 * 1024 * 1024;

/// Where the values of a template's variables come from.
pub(crate) trait Values {
    /// The value of a variable, by its index in [`Template::variables`].
    fn value(&self, variable: usize) -> Cow<'_, str>;
}

/// Why a template could not be filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// What the helper could not use.
    pub(crate) fault: HelperFault,
    /// The variable that was the matter, where one was.
    pub(crate) variable: Option<usize>,
}

impl Template {
    /// Fills the template. The numbers of the branches that are taken go to `taken`.
    ///
    /// # Errors
    ///
    /// When a helper cannot use what it is given.
    pub(crate) fn fill(
        &self,
        values: &impl Values,
        out: &mut String,
        taken: &mut Vec<usize>,
    ) -> Result<(), Failure> {
        fill(self.pieces(), values, out, taken)
    }
}

fn fill(
    nodes: &[Node],
    values: &impl Values,
    out: &mut String,
    taken: &mut Vec<usize>,
) -> Result<(), Failure> {
    for node in nodes {
        if out.len() > MOST_TEXT {
            return Err(Failure { fault: HelperFault::TooMuch, variable: None });
        }
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Value(Expression::Variable(variable)) => out.push_str(&values.value(*variable)),
            Node::Value(expression) => out.push_str(&evaluate(expression, values)?.into_text()),
            Node::Choice(choice) => {
                let nodes = choice.choose(values, taken)?;
                fill(nodes, values, out, taken)?;
            }
        }
    }
    Ok(())
}

impl Choice {
    fn choose(&self, values: &impl Values, taken: &mut Vec<usize>) -> Result<&[Node], Failure> {
        let holds = evaluate(&self.condition, values)?.is_true();
        let (yes, no) = self.branches;
        if holds != self.negated {
            taken.push(yes);
            Ok(&self.first)
        } else {
            taken.extend(no);
            Ok(&self.second)
        }
    }
}

pub(super) fn evaluate<'v>(
    expression: &'v Expression,
    values: &'v impl Values,
) -> Result<Value<'v>, Failure> {
    match expression {
        Expression::Variable(variable) => Ok(Value::Text(values.value(*variable))),
        Expression::Text(text) => Ok(Value::Text(Cow::Borrowed(text))),
        Expression::Flag(flag) => Ok(Value::Bool(*flag)),
        Expression::Number(number) => Ok(Value::Number(Cow::Borrowed(number))),
        Expression::Call(helper, given) => {
            let read = given.iter().map(|one| evaluate(one, values)).collect::<Result<Vec<_>, _>>()?;
            (helper.function)(&read).map_err(|fault| {
                // Most helpers look at one cell; of several, the one that was quoted is to blame.
                let is_it = |one: &&Expression| fault.quotes(&evaluate(one, values));
                let to_blame = given.iter().find(is_it).or(given.first());
                Failure { variable: to_blame.and_then(Expression::variable), fault }
            })
        }
    }
}

impl Expression {
    /// The first variable in it.
    fn variable(&self) -> Option<usize> {
        match self {
            Self::Variable(variable) => Some(*variable),
            Self::Text(_) | Self::Number(_) | Self::Flag(_) => None,
            Self::Call(_, given) => given.iter().find_map(Self::variable),
        }
    }
}
