//! Which blanks of a template are written: those beside `~` and around tags that stand alone on a line are not.
//!
//! This is the whitespace control of Handlebars.js, step by step and with its quirks, because templates are written by
//! what its manual shows; a table of what it writes holds both to one another.

use crate::campaign::template::expression::Expression;
use crate::campaign::template::tags::{Strip, is_blank};

/// A piece of a template in its block.
#[derive(Debug)]
pub(super) enum Node {
    Text(Text),
    Value(Expression, Strip),
    Comment(Strip),
    Block(Box<Block>),
}

#[derive(Debug)]
pub(super) struct Text {
    /// As it is to be written.
    pub(super) value: String,
    /// As the template has it.
    original: String,
    /// Whether something was taken off one of its ends.
    stripped_left: bool,
    stripped_right: bool,
}

/// A condition and what it chooses from.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) condition: Expression,
    pub(super) negated: bool,
    pub(super) spelling: String,
    /// Whether it was begun by `^`.
    pub(super) inverted: bool,
    /// What stands first.
    pub(super) first: Vec<Node>,
    /// What stands behind the `else`.
    pub(super) second: Option<Vec<Node>>,
    /// Whether the other side is an `else if`.
    pub(super) chained: bool,
    pub(super) open_strip: Strip,
    pub(super) inverse_strip: Strip,
    pub(super) close_strip: Strip,
}

/// What a node wants of those beside it.
#[derive(Default)]
struct Wish {
    strip: Strip,
    /// Stands alone on a line by itself, or by its opening or closing tag.
    inline: bool,
    opening: bool,
    closing: bool,
}

/// Which text beside a place.
type Place = Option<usize>;

impl Node {
    pub(super) fn text(value: String) -> Self {
        Self::Text(Text { original: value.clone(), value, stripped_left: false, stripped_right: false })
    }
}

/// Takes the blanks off that are not written.
pub(super) fn strip_root(nodes: &mut [Node]) {
    strip(nodes, true);
}

fn strip(nodes: &mut [Node], root: bool) {
    for at in 0..nodes.len() {
        let Some(wish) = wish(&mut nodes[at]) else { continue };
        let before = is_blank_before(nodes, Some(at), root);
        let behind = is_blank_behind(nodes, Some(at), root);
        if wish.strip.behind {
            omit_behind(nodes, Some(at), true);
        }
        if wish.strip.before {
            omit_before(nodes, Some(at), true);
        }
        if wish.inline && before && behind {
            omit_behind(nodes, Some(at), false);
            omit_before(nodes, Some(at), false);
        }
        if wish.opening && before {
            if let Node::Block(block) = &mut nodes[at] {
                omit_behind(block.main(), None, false);
            }
            omit_before(nodes, Some(at), false);
        }
        if wish.closing && behind {
            omit_behind(nodes, Some(at), false);
            if let Node::Block(block) = &mut nodes[at] {
                omit_before(block.last(), None, false);
            }
        }
    }
}

fn wish(node: &mut Node) -> Option<Wish> {
    match node {
        Node::Text(_) => None,
        Node::Value(_, strip) => Some(Wish { strip: *strip, ..Wish::default() }),
        Node::Comment(strip) => Some(Wish { strip: *strip, inline: true, ..Wish::default() }),
        Node::Block(block) => Some(block.wish()),
    }
}

impl Block {
    fn wish(&mut self) -> Wish {
        strip(&mut self.first, false);
        if let Some(second) = &mut self.second {
            strip(second, false);
        }
        let opening = is_blank_behind(self.main(), None, false);
        let closing = match self.first_other() {
            Some(other) => is_blank_before(other, None, false),
            None => is_blank_before(self.main(), None, false),
        };
        let strips = (self.open_strip, self.inverse_strip, self.close_strip);
        let (open, inverse, close) = strips;
        if open.behind {
            omit_behind(self.main(), None, true);
        }
        if self.first_other().is_some() {
            if inverse.before {
                omit_before(self.main(), None, true);
            }
            if let Some(other) = self.first_other().filter(|_| inverse.behind) {
                omit_behind(other, None, true);
            }
            if let Some(other) = self.first_other().filter(|_| close.before) {
                omit_before(other, None, true);
            }
            let alone = is_blank_before(self.main(), None, false)
                && self.first_other().is_some_and(|other| is_blank_behind(other, None, false));
            if alone {
                omit_before(self.main(), None, false);
                if let Some(other) = self.first_other() {
                    omit_behind(other, None, false);
                }
            }
        } else if close.before {
            omit_before(self.main(), None, true);
        }
        Wish { strip: Strip { before: open.before, behind: close.behind }, inline: false, opening, closing }
    }

    /// What is written where the condition holds; of a block begun by `^` that is what stands behind its `else`.
    fn main(&mut self) -> &mut [Node] {
        match &mut self.second {
            Some(second) if self.inverted => second,
            _ => &mut self.first,
        }
    }

    fn other(&mut self) -> Option<&mut [Node]> {
        match &mut self.second {
            Some(_) if self.inverted => Some(&mut self.first),
            Some(second) => Some(second),
            None => None,
        }
    }

    /// The other side, or what the first `else if` of a chain writes.
    fn first_other(&mut self) -> Option<&mut [Node]> {
        let chained = self.chained;
        let other = self.other()?;
        if chained && matches!(other, [Node::Block(_)]) {
            return match other {
                [Node::Block(next)] => Some(&mut next.first),
                other => Some(other),
            };
        }
        Some(other)
    }

    /// The side before the closing tag: the other one where there is one.
    fn last(&mut self) -> &mut [Node] {
        match &mut self.second {
            Some(second) if !self.inverted => second,
            _ => &mut self.first,
        }
    }
}

/// Whether what stands before a place, the end where it is none, ends a line. `root` says whether the beginning of
/// these nodes is that of the template.
fn is_blank_before(nodes: &[Node], at: Place, root: bool) -> bool {
    let at = at.unwrap_or(nodes.len());
    let Some(before) = at.checked_sub(1).and_then(|before| nodes.get(before)) else { return root };
    let Node::Text(text) = before else { return false };
    let blanks = blanks_at_end(&text.original);
    blanks.contains('\n') || root && at == 1 && blanks.len() == text.original.len()
}

/// Whether what stands behind a place, the beginning where it is none, begins with the end of a line.
fn is_blank_behind(nodes: &[Node], at: Place, root: bool) -> bool {
    let next = at.map_or(0, |at| at + 1);
    let Some(behind) = nodes.get(next) else { return root };
    let Node::Text(text) = behind else { return false };
    let blanks = text.original.len() - text.original.trim_start_matches(is_blank).len();
    let last = root && nodes.len() == next + 1;
    text.original[..blanks].contains('\n') || last && blanks == text.original.len()
}

fn blanks_at_end(text: &str) -> &str {
    &text[text.trim_end_matches(is_blank).len()..]
}

/// Takes blanks off what stands behind a place: all, or those up to the end of the line.
fn omit_behind(nodes: &mut [Node], at: Place, all: bool) {
    let Some(Node::Text(text)) = nodes.get_mut(at.map_or(0, |at| at + 1)) else { return };
    if !all && text.stripped_right {
        return;
    }
    let kept = if all {
        text.value.trim_start_matches(is_blank)
    } else {
        let rest = text.value.trim_start_matches([' ', '\t']);
        let rest = rest.strip_prefix('\r').unwrap_or(rest);
        rest.strip_prefix('\n').unwrap_or(rest)
    };
    text.stripped_right = kept.len() < text.value.len();
    text.value = kept.to_owned();
}

/// Takes blanks off what stands before a place: all, or those of its last line.
fn omit_before(nodes: &mut [Node], at: Place, all: bool) {
    let at = at.unwrap_or(nodes.len());
    let Some(Node::Text(text)) = at.checked_sub(1).and_then(|before| nodes.get_mut(before)) else { return };
    if !all && text.stripped_left {
        return;
    }
    let kept = if all {
        text.value.trim_end_matches(is_blank).len()
    } else {
        text.value.trim_end_matches([' ', '\t']).len()
    };
    text.stripped_left = kept < text.value.len();
    text.value.truncate(kept);
}
