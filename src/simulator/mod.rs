//! A WeChat to rehearse against.
//!
//! It speaks HTTP on 127.0.0.1 and plays the calls that a sender of customer-service messages needs: tokens,
//! messages, uploads, service accounts, quota, and whom the account knows. Every body is judged by the hand-written wire schemas, so the
//! simulator shares none of the sender's opinions. A [`Scenario`] makes it slow, busy, strict or broken; the
//! [`Ledger`] knows which messages would have reached a phone.
//!
//! The way of a request: `socket` (a connection that can be cut) → `routes` (which call) → `send`, `account`,
//! `upload`, `people` (what the platform would say) → `answer` (what of it goes out).

mod account;
mod answer;
mod call;
mod clock;
pub(crate) mod crowd;
mod dice;
mod escape;
mod faults;
mod judge;
pub mod ledger;
mod media;
mod media_format;
pub(crate) mod misfit;
mod people;
mod platform;
mod quota;
mod routes;
mod rules;
pub mod scenario;
mod send;
mod server;
mod socket;
mod token;
mod units;
mod upload;
mod windows;
mod wire_schema;

#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::message::AccountKind;
use crate::simulator::ledger::Ledger;
use crate::simulator::platform::Platform;
use crate::simulator::routes::Readers;
use crate::simulator::scenario::Scenario;
use crate::simulator::server::Server;

/// The account that the simulator plays.
#[derive(Clone)]
pub struct Account {
    /// The AppID that token calls must give, else 40013.
    pub appid: String,
    /// The AppSecret that token calls must give, else 40125. It is compared and never shown.
    pub secret: String,
    /// What the account may send (docs/platform.md#kinds-and-accounts).
    pub kind: AccountKind,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("appid", &self.appid)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// A running simulator. It has a thread of its own and ends when it is stopped or dropped.
#[derive(Debug)]
pub struct Simulator {
    platform: Arc<Platform>,
    server: Server,
}

impl Simulator {
    /// Starts a simulator on 127.0.0.1, and on no other address; port 0 is any free one. Without an account
    /// it takes every appid and secret, and messages of both kinds of account unless the scenario says
    /// `[account] kind`.
    ///
    /// # Errors
    ///
    /// The port is taken, or the system has no thread or socket left.
    pub async fn start(scenario: Scenario, account: Option<Account>, port: u16) -> io::Result<Self> {
        let platform = Arc::new(Platform::new(scenario, account)?);
        platform.clock.shared().go();
        let server = Server::start(routes::router(Arc::clone(&platform), Readers::Anybody), port).await?;
        Ok(Self { platform, server })
    }

    /// The same for this computer alone, under one of its own names, and with a ledger that only those who have
    /// `word` can read: it says who is sent what. A clock of its own stands still until somebody sets it going.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub(crate) async fn start_guarded(
        scenario: Scenario,
        account: Option<Account>,
        port: u16,
        word: &str,
    ) -> io::Result<Self> {
        let platform = Arc::new(Platform::new(scenario, account)?);
        let server = Server::start(routes::guarded(Arc::clone(&platform), word), port).await?;
        Ok(Self { platform, server })
    }

    /// The address that it listens on.
    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The base of its URLs, `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Its clock, for whoever is to have the same.
    pub fn clock(&self) -> Clock {
        self.platform.clock.shared().clone()
    }

    /// What was received and accepted so far.
    pub fn ledger(&self) -> &Ledger {
        &self.platform.ledger
    }

    /// Puts the platform's clock forward: tokens, media ids and quotas age, nothing else waits.
    pub fn advance(&self, by: Duration) {
        self.platform.clock.advance(by);
    }

    /// Ends it at once, open connections included. A clone of the ledger stays readable.
    pub(crate) async fn stop(self) {
        self.server.stop().await;
    }
}
