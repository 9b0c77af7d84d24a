//! Pieces put together: which text belongs to which condition.

use std::ops::Range;

use crate::campaign::template::blanks::{Block, Node, strip_root};
use crate::campaign::template::expression::{Expression, Found, Tag as Inside};
use crate::campaign::template::fault::{SyntaxFault, TemplateFault};
use crate::campaign::template::limits::{MOST_BRANCHES, MOST_DEEP};
use crate::campaign::template::tags::{Piece, Strip, Tag, TagKind, is_blank, pieces};

/// A template taken apart, its blanks as they are to be written.
pub(super) struct Parsed {
    pub(super) nodes: Vec<Node>,
    pub(super) found: Found,
    /// The texts that are no tags, and where they stand.
    pub(super) texts: Vec<Range<usize>>,
}

/// Takes a template apart and tells everything that is wrong with it.
pub(super) fn parse(source: &str) -> Parsed {
    let mut parser = Parser::new(source);
    match pieces(source) {
        Ok(pieces) => pieces.into_iter().for_each(|piece| parser.piece(piece)),
        Err(fault) => parser.unreadable(fault),
    }
    parser.finish()
}

struct Parser<'s> {
    source: &'s str,
    root: Vec<Node>,
    open: Vec<Open>,
    found: Found,
    texts: Vec<Range<usize>>,
}

/// A block that is not closed yet.
struct Open {
    name: String,
    at: Range<usize>,
    inverted: bool,
    /// One a tag: the opening one, each `else if`, the `else`.
    sections: Vec<Section>,
}

struct Section {
    strip: Strip,
    /// The condition and whether it is meant the other way round; none for a plain `else`.
    condition: Option<(Expression, bool)>,
    plain_else: bool,
    spelling: String,
    nodes: Vec<Node>,
}

impl<'s> Parser<'s> {
    fn new(source: &'s str) -> Self {
        Self { source, root: Vec::new(), open: Vec::new(), found: Found::default(), texts: Vec::new() }
    }

    /// A tag without its end: what comes before it still tells its variables and faults.
    fn unreadable(&mut self, fault: TemplateFault) {
        let readable = &self.source[..fault.at.start];
        if let Ok(pieces) = pieces(readable) {
            pieces.into_iter().for_each(|piece| self.piece(piece));
        }
        // The blocks that are open may well be closed behind it.
        self.open.clear();
        self.found.faults.push(fault);
    }

    fn piece(&mut self, piece: Piece) {
        match piece {
            Piece::Text(text) => {
                if !text.escaped {
                    self.texts.push(text.at);
                }
                self.push(Node::text(text.value));
            }
            Piece::Tag(tag) => self.tag(tag),
        }
    }

    fn push(&mut self, node: Node) {
        match self.open.last_mut().and_then(|open| open.sections.last_mut()) {
            Some(section) => section.nodes.push(node),
            None => self.root.push(node),
        }
    }

    fn tag(&mut self, tag: Tag) {
        match tag.kind {
            TagKind::Comment => self.push(Node::Comment(tag.strip)),
            TagKind::Foreign => {
                let sign = self.source[tag.inside.clone()].chars().next().unwrap_or('{');
                let at = tag.inside.start..tag.inside.start + sign.len_utf8();
                // `{{*姓名}}` may be a column.
                let inside = self.source[tag.inside].trim();
                let spelling = if sign == '*' { inside.to_owned() } else { sign.to_string() };
                self.found.faults.push(TemplateFault::unsupported(at, spelling));
            }
            TagKind::Raw => self.raw(tag),
            TagKind::Value => {
                let value = Inside::new(self.source, tag.inside, &mut self.found).value();
                if let Some(value) = value {
                    self.push(Node::Value(value, tag.strip));
                }
            }
            TagKind::Open => self.begin(&tag, "#"),
            TagKind::OpenInverted => self.begin(&tag, "^"),
            TagKind::Else => self.other(&tag, None),
            TagKind::ElseIf => self.other(&tag, Some("else ")),
            TagKind::End => self.end(&tag),
        }
    }

    /// Four braces are two too many: nobody who writes a message knows of blocks that are no template.
    fn raw(&mut self, tag: Tag) {
        let inside = self.spelling(&tag);
        let instead = format!("{{{{{inside}}}}}");
        self.found.faults.push(TemplateFault::syntax(tag.at.clone(), SyntaxFault::FourBraces(instead)));
        // Read as it was meant, so that the block it begins or ends is not told as well.
        match inside.strip_prefix('/') {
            Some(name) if self.open.last().is_some_and(|open| open.name == name) => {
                self.open.pop();
            }
            Some(_) | None => {}
        }
    }

    fn begin(&mut self, tag: &Tag, mark: &str) {
        if self.open.len() >= MOST_DEEP {
            // Reported once, because a template that nests so deeply does so a thousand times.
            let told = TemplateFault::syntax(tag.at.clone(), SyntaxFault::TooDeep);
            if !self.found.faults.iter().any(|fault| fault.kind == told.kind) {
                self.found.faults.push(told);
            }
        }
        let section = self.section(tag, mark);
        let name = self.spelling(tag);
        let name = name.split(is_blank).next().expect("a split has a first piece").to_owned();
        self.open.push(Open { name, at: tag.at.clone(), inverted: mark == "^", sections: vec![section] });
    }

    fn section(&mut self, tag: &Tag, mark: &str) -> Section {
        let condition = Inside::new(self.source, tag.inside.clone(), &mut self.found).condition(mark);
        let words: Vec<&str> = self.spelling(tag).split(is_blank).filter(|word| !word.is_empty()).collect();
        Section {
            strip: tag.strip,
            condition: condition.map(|(condition, helper)| (condition, helper.name == "unless")),
            plain_else: false,
            spelling: format!("{{{{{mark}{}}}}}", words.join(" ")),
            nodes: Vec::new(),
        }
    }

    fn other(&mut self, tag: &Tag, chained: Option<&str>) {
        let section = match chained {
            Some(mark) => self.section(tag, mark),
            None => Section {
                strip: tag.strip,
                condition: None,
                plain_else: true,
                spelling: String::new(),
                nodes: Vec::new(),
            },
        };
        let fault = match self.open.last_mut() {
            None => SyntaxFault::StrayEnd(format!("{{{{{}}}}}", self.spelling_of_else(tag))),
            Some(open) if open.sections.last().is_some_and(|last| last.plain_else) => SyntaxFault::SecondElse,
            Some(open) if open.sections.len() >= MOST_BRANCHES => SyntaxFault::TooDeep,
            Some(open) => return open.sections.push(section),
        };
        self.found.faults.push(TemplateFault::syntax(tag.at.clone(), fault));
    }

    fn end(&mut self, tag: &Tag) {
        let name = self.spelling(tag).to_owned();
        let Some(open) = self.open.pop() else {
            let fault = SyntaxFault::StrayEnd(format!("{{{{/{name}}}}}"));
            return self.found.faults.push(TemplateFault::syntax(tag.at.clone(), fault));
        };
        if open.name != name {
            // An end of an outer block means that the inner one was forgotten.
            let outer = self.open.iter().rposition(|outer| outer.name == name);
            let fault = SyntaxFault::CrossedBlocks { open: open.name.clone(), close: name };
            self.found.faults.push(TemplateFault::syntax(tag.at.clone(), fault));
            if let Some(outer) = outer {
                self.open.truncate(outer);
            }
            return;
        }
        // A block that is too deep has been reported; keeping it would let later code recurse into it.
        let kept = open.close(tag.strip).filter(|_| self.open.len() < MOST_DEEP);
        if let Some(block) = kept {
            self.push(Node::Block(Box::new(block)));
        }
    }

    fn finish(mut self) -> Parsed {
        if let Some(open) = self.open.pop() {
            self.found.faults.push(TemplateFault::syntax(open.at, SyntaxFault::UnclosedBlock(open.name)));
        }
        if self.found.faults.is_empty() {
            strip_root(&mut self.root);
        }
        Parsed { nodes: self.root, found: self.found, texts: self.texts }
    }

    fn spelling(&self, tag: &Tag) -> &'s str {
        self.source[tag.inside.clone()].trim_matches(is_blank)
    }

    fn spelling_of_else(&self, tag: &Tag) -> &'s str {
        let tag = self.source[tag.at.clone()].trim_matches(['{', '}', '~']);
        tag.trim_matches(is_blank)
    }
}

impl Open {
    /// The block, each `else if` as a block in the other side of the one before it. None where a condition is at fault.
    fn close(self, end: Strip) -> Option<Block> {
        let mut inner: Option<Block> = None;
        let mut other: Option<(Vec<Node>, Strip)> = None;
        for (index, section) in self.sections.into_iter().enumerate().rev() {
            if section.plain_else {
                other = Some((section.nodes, section.strip));
                continue;
            }
            let (condition, negated) = section.condition?;
            // Handlebars.js gives the end's blanks to the first two of a chain, and to each other its own.
            let closing = if index < 2 { end } else { section.strip };
            let chained = inner.is_some();
            let (second, inverse_strip) = match (inner.take(), other.take()) {
                (Some(block), _) => {
                    let strip = block.open_strip;
                    (Some(vec![Node::Block(Box::new(block))]), strip)
                }
                (None, Some((nodes, strip))) => (Some(nodes), strip),
                (None, None) => (None, Strip::default()),
            };
            inner = Some(Block {
                condition,
                negated,
                spelling: section.spelling,
                inverted: self.inverted && index == 0,
                first: section.nodes,
                second,
                chained,
                open_strip: section.strip,
                inverse_strip,
                close_strip: closing,
            });
        }
        inner
    }
}
