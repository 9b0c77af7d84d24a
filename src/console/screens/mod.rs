//! The screens, one a file.

pub(crate) mod campaign;
pub(crate) mod edit;
pub(crate) mod faults;
pub(crate) mod folder;
pub(crate) mod new;
pub(crate) mod people;
pub(crate) mod phones;
pub(crate) mod refused;
pub(crate) mod results;
pub(crate) mod running;
pub(crate) mod runs;
pub(crate) mod send;
pub(crate) mod trial;

use std::collections::BTreeMap;

use crate::console::desk::Desk;
use crate::locale::Language;
use crate::report::form::page::PageError;

/// What a request is answered with.
pub(crate) enum Shown {
    /// A page.
    Page(String),
    /// A page that says why what was asked for was not done.
    Refused(String),
    /// Somewhere else.
    Go(String),
    /// A file to be saved.
    File {
        /// Its name.
        name: String,
        /// What is in it.
        bytes: Vec<u8>,
    },
}

/// Why there is no answer.
pub(crate) enum Wrong {
    /// There is no such thing.
    Nowhere,
    /// A form without the seal of what it changes.
    Unsealed,
    /// Another console has the folder.
    ReadOnly,
    /// A mistake of this program.
    Page(PageError),
}

impl From<PageError> for Wrong {
    fn from(error: PageError) -> Self {
        Self::Page(error)
    }
}

/// The fields of a form.
#[derive(Debug)]
pub(crate) struct Fields(BTreeMap<String, String>);

impl Fields {
    /// Reads what a browser sends for a form.
    pub(crate) fn read(body: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(body).into_owned().collect())
    }

    /// A field; blank where there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The fields whose names begin so, by the rest of their names.
    pub(crate) fn below(&self, begin: &str) -> BTreeMap<String, String> {
        let named =
            |(name, text): (&String, &String)| Some((name.strip_prefix(begin)?.to_owned(), text.clone()));
        self.0.iter().filter_map(named).collect()
    }

    /// Insists on the seal of a change.
    ///
    /// # Errors
    ///
    /// When it is another one, or there is none.
    pub(crate) fn insist(&self, desk: &Desk, change: &[&str]) -> Result<(), Wrong> {
        if desk.seal.fits(change, self.get("seal")) { Ok(()) } else { Err(Wrong::Unsealed) }
    }
}

/// Chooses the language.
pub(crate) fn speak(desk: &Desk, fields: &Fields, back: Option<String>) -> Result<Shown, Wrong> {
    fields.insist(desk, &["language"])?;
    let language = Language::parse(fields.get("language")).ok_or(Wrong::Nowhere)?;
    desk.speak(language);
    Ok(Shown::Go(back.unwrap_or_else(|| "/".to_owned())))
}
