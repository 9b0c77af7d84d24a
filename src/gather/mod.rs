//! Whom an account knows, gathered into lists: pages of people that are kept as they come, so that a cut or a used-up
//! quota costs nothing that was fetched already; the arithmetic of tags; and what the account's own log of pushes tells
//! of who wrote when.

pub(crate) mod ask;
pub(crate) mod contacts;
pub(crate) mod kept;
pub(crate) mod pages;
pub(crate) mod profiles;
pub(crate) mod push;
pub(crate) mod repeats;
pub(crate) mod selection;
