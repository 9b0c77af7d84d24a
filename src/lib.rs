//! wxcast sends WeChat customer-service messages from files: never twice, never lost.
//!
//! The data flows one way:
//!
//! 1. [`campaign`] parses a campaign TOML into a `CampaignFile` and validates it into a `Campaign`;
//! 2. [`audience`] decodes and streams the rows of the CSV;
//! 3. [`plan`] renders every row into a finished payload, or says what is wrong with it;
//! 4. [`send`] records an intent in the [`journal`], sends through [`wechat`], records the outcome;
//! 5. [`report`] turns plan and journal into what people and machines read;
//! 6. [`cli`] is the only layer that knows a terminal.

pub mod own_reason;
pub mod locale;
pub(crate) mod own_file;
pub mod diagnostic;
pub mod api_base;
pub mod clock;
pub mod message;
pub mod audience;
pub mod campaign;
pub mod plan;
pub mod wechat;
pub mod delivery;
pub mod journal;
pub mod send;
pub(crate) mod gather;
pub mod report;
pub mod simulator;
pub(crate) mod page_access;
pub(crate) mod live;
pub(crate) mod console;
pub mod cli;
