//! `[message]`: the one message, with its templates.

use crate::campaign::file::AccountTable;
use crate::campaign::template::{Broken, Template};
use crate::campaign::validate::check::Check;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};
use crate::message::body::{Body, Envelope};
use crate::message::field::Rules;
use crate::message::slot::Slot;
use crate::message::{AccountKind, KINDS, MessageFile};

/// The message tables of a file: the one message with its templates where it is sound, and every text with as
/// much of its template as is sound.
#[derive(Default)]
pub(super) struct Messages {
    pub(super) body: Option<Body>,
    pub(super) templates: Option<Vec<Template>>,
    pub(super) texts: Vec<(Slot, Template)>,
}

impl Check<'_> {
    pub(super) fn message(&mut self, message: &MessageFile, account: &AccountTable) -> Messages {
        let at = FieldPath::of("message");
        let tables = message.tables();
        if tables.is_empty() && !self.is_misfit_below(&at) {
            let kinds = KINDS.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
            self.push(Diagnostic::new(Code::NoMessage, Place::Field(at.clone())).with("kinds", kinds));
        }
        for (kind, _) in tables.iter().skip(1) {
            let fault = Diagnostic::new(Code::SeveralMessages, Place::Key(at.key(kind.name())));
            self.push(fault.with("kind", kind.name()).with("first", tables[0].0.name()));
        }
        let envelope = Envelope {
            kf_account: account.kf_account.clone(),
            ai_generated: account.ai_generated.unwrap_or(false),
        };
        let mut found = Messages::default();
        for (kind, table) in &tables {
            let account = account.kind.unwrap_or(AccountKind::Official);
            let (body, slots, faults) = Body::compile(*kind, *table, account, &envelope);
            for fault in faults {
                let misfit = fault.at.field().is_some_and(|at| self.misfits.contains(at));
                if !(fault.code == Code::MissingKey && misfit) {
                    self.push(fault);
                }
            }
            let compiled: Vec<_> = slots.iter().map(|slot| Template::compile(&slot.source)).collect();
            found.templates = compiled.iter().map(|one| one.as_ref().ok().cloned()).collect();
            found.body = body.filter(|_| tables.len() == 1);
            found.texts.extend(slots.into_iter().zip(compiled).map(|(slot, one)| self.text(slot, one)));
        }
        found
    }

    fn text(&mut self, mut slot: Slot, compiled: Result<Template, Broken>) -> (Slot, Template) {
        match compiled {
            Ok(template) => (slot, template),
            Err(Broken { faults, rest }) => {
                for fault in faults {
                    self.push(fault.diagnostic(&slot.at));
                }
                // What is left is not the text any more.
                slot.rules = Rules::OPTIONAL;
                (slot, *rest)
            }
        }
    }
}
