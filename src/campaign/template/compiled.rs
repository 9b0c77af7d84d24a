//! A template that can be filled, made from what was read.

use crate::campaign::template::blanks::{Block, Node as Parsed};
use crate::campaign::template::blocks;
use crate::campaign::template::expression::Expression;
use crate::campaign::template::fault::TemplateFault;
use crate::campaign::template::other_braces::{self, Placeholder};
use crate::campaign::template::variable::Variable;

/// A compiled template.
#[derive(Debug, Clone, Default)]
pub(crate) struct Template {
    nodes: Vec<Node>,
    variables: Vec<Variable>,
    /// Each branch of its conditions as the template writes it.
    branches: Vec<String>,
    /// The variables that are a condition all by themselves.
    bare_conditions: Vec<BareCondition>,
    placeholders: Vec<Placeholder>,
}

/// A piece of a template.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    /// Text as it is.
    Text(String),
    /// A value.
    Value(Expression),
    /// One of two, by a condition.
    Choice(Box<Choice>),
}

/// A condition and what it chooses from.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub(super) condition: Expression,
    pub(super) negated: bool,
    pub(super) first: Vec<Node>,
    pub(super) second: Vec<Node>,
    /// The numbers of the two branches; an `else if` has those of its own and is none itself.
    pub(super) branches: (usize, Option<usize>),
}

/// How a variable is a condition all by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bare {
    /// `{{#if 会员}}`
    Holds,
    /// `{{#unless 会员}}`
    Fails,
    /// `{{#if (and 会员 …)}}`
    Within,
}

/// `{{#if 会员}}`: a variable as a condition, and the tag as the template writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BareCondition {
    /// How it is one.
    pub(crate) how: Bare,
    /// The variable, by its index.
    pub(crate) variable: usize,
    /// The tag.
    pub(crate) spelling: String,
    /// Whether the variable stands in the text that is chosen where it is not blank.
    pub(crate) written: bool,
}

/// A template that cannot be used.
#[derive(Debug, Clone)]
pub(crate) struct Broken {
    /// What is wrong with it.
    pub(crate) faults: Vec<TemplateFault>,
    /// A template without text but with its variables, so that those can still be held against the columns.
    pub(crate) rest: Box<Template>,
}

impl Template {
    /// Compiles a template, or tells everything that is wrong with it.
    ///
    /// # Errors
    ///
    /// Every fault that can be seen without the audience's columns.
    pub(crate) fn compile(source: &str) -> Result<Self, Broken> {
        let parsed = blocks::parse(source);
        let placeholders =
            parsed.texts.into_iter().flat_map(|at| other_braces::find(source, at)).collect::<Vec<_>>();
        let (variables, faults) = (parsed.found.variables, parsed.found.faults);
        let mut template = Self { variables, placeholders, ..Self::default() };
        if !faults.is_empty() {
            return Err(Broken { faults, rest: Box::new(template) });
        }
        template.nodes = template.nodes(parsed.nodes);
        Ok(template)
    }

    /// The pieces, in order.
    pub(crate) fn pieces(&self) -> &[Node] {
        &self.nodes
    }

    /// Each branch of its conditions as the template writes it.
    pub(super) fn branches(&self) -> &[String] {
        &self.branches
    }

    /// The variables it uses, each once.
    pub(crate) fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// The variables that are a condition all by themselves, one as often as it is.
    pub(crate) fn bare_conditions(&self) -> &[BareCondition] {
        &self.bare_conditions
    }

    /// What looks like a variable of another tool, whether or not there is such a column.
    pub(crate) fn placeholders(&self) -> &[Placeholder] {
        &self.placeholders
    }

    /// The text, where it is the same for everybody.
    pub(crate) fn constant(&self) -> Option<String> {
        let mut text = String::new();
        for node in &self.nodes {
            match node {
                Node::Text(piece) => text.push_str(piece),
                Node::Value(_) | Node::Choice(_) => return None,
            }
        }
        Some(text)
    }

    fn nodes(&mut self, parsed: Vec<Parsed>) -> Vec<Node> {
        let mut nodes = Vec::with_capacity(parsed.len());
        for node in parsed {
            match node {
                Parsed::Text(text) if text.value.is_empty() => {}
                Parsed::Text(text) => match nodes.last_mut() {
                    Some(Node::Text(before)) => before.push_str(&text.value),
                    _ => nodes.push(Node::Text(text.value)),
                },
                Parsed::Value(value, _) => nodes.push(Node::Value(value)),
                Parsed::Comment(_) => {}
                Parsed::Block(block) => nodes.push(Node::Choice(Box::new(self.choice(*block)))),
            }
        }
        nodes
    }

    fn choice(&mut self, block: Block) -> Choice {
        let negated = block.negated != block.inverted;
        let bare = self.bare_conditions.len();
        match &block.condition {
            Expression::Variable(variable) => {
                self.bare(if negated { Bare::Fails } else { Bare::Holds }, *variable, &block.spelling);
            }
            condition => self.bare_within(condition, &block.spelling),
        }
        let own = bare..self.bare_conditions.len();
        let yes = self.branch(block.spelling.clone());
        let first = self.nodes(block.first);
        let no = (!block.chained).then(|| self.branch(format!("{} … {{{{else}}}}", block.spelling)));
        let second = block.second.map_or_else(Vec::new, |second| self.nodes(second));
        for bare in &mut self.bare_conditions[own] {
            bare.written = Self::writes(if negated { &second } else { &first }, bare.variable);
        }
        Choice { condition: block.condition, negated, first, second, branches: (yes, no) }
    }

    fn bare(&mut self, how: Bare, variable: usize, spelling: &str) {
        let spelling = spelling.to_owned();
        self.bare_conditions.push(BareCondition { how, variable, spelling, written: false });
    }

    /// The variables that `and`, `or` and `not` take for conditions.
    fn bare_within(&mut self, condition: &Expression, spelling: &str) {
        let Expression::Call(helper, given) = condition else { return };
        if !["and", "or", "not"].contains(&helper.name) {
            return;
        }
        for part in given {
            if let Expression::Variable(variable) = part {
                self.bare(Bare::Within, *variable, spelling);
            } else {
                self.bare_within(part, spelling);
            }
        }
    }

    fn branch(&mut self, spelling: String) -> usize {
        self.branches.push(spelling);
        self.branches.len() - 1
    }
}
